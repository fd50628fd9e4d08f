#include "app/program_check.h"

#include "tonearm/source/find_program.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace tonearm::app {

std::string fault_of_program(const std::string& name) {
  const std::string program = source::find_program(name);
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
