#include "app/program_check.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace tonearm::app {
namespace {

/// The first one in $PATH that may be run, as it is for source::ChildProcess.
std::string found_in_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
    std::string candidate(folder.empty() ? "." : folder);
    candidate += '/' + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

}  // namespace

std::string fault_of_program(const std::string& name) {
  const bool is_path = name.find('/') != std::string::npos;
  const std::string program = is_path ? name : found_in_path(name);
  if (program.empty()) return name + " is no program in $PATH";
  struct stat found {};
  if (::stat(program.c_str(), &found) != 0) {
    return program + ": " + std::generic_category().message(errno);
  }
  if (!S_ISREG(found.st_mode)) return program + " is no file";
  if (::access(program.c_str(), X_OK) != 0) return program + " is not executable";
  return {};
}

}  // namespace tonearm::app
