#include "app/secrets.h"

#include <cstdlib>
#include <sstream>
#include <string_view>
#include <utility>

namespace tonearm::app {

Complaint read_secret(const std::string& text, std::string& out) {
  constexpr std::string_view prefix = "env:";
  if (!text.starts_with(prefix)) {
    out = text;
    return {};
  }
  const std::string name = text.substr(prefix.size());
  if (name.empty()) return "names no environment variable; give \"env:NAME\"";
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) {
    return "the environment variable " + name + " is not set; set it, or give the secret itself";
  }
  if (*value == '\0') {
    return "the environment variable " + name + " is empty; set it to the secret";
  }
  out = value;
  return {};
}

Complaint read_secret_file(const std::filesystem::path& path, Reading reading,
                           std::vector<std::string>& out) {
  std::string content;
  if (auto complaint = read_whole_file(path, reading, content)) {
    return *complaint + "; give a readable file that holds the secret";
  }
  std::istringstream file(content);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) lines.push_back(std::move(line));
  }
  if (lines.empty()) return path.string() + " is empty; write the secret into it";
  out = std::move(lines);
  return {};
}

}  // namespace tonearm::app
