#include "app/secrets.h"

#include "tonearm/base/ascii.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace tonearm::app {
namespace {

/// What editors and `echo` leave behind, and whoever mounts a secret with it.
std::string_view without_line_end(std::string_view text) {
  return text.substr(0, text.find_last_not_of("\r\n") + 1);
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

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
  const std::string_view secret = without_line_end(value);
  if (secret.empty()) {
    return "the environment variable " + name + " is empty; set it to the secret";
  }
  out = secret;
  return {};
}

Complaint read_secret_file(const std::filesystem::path& path, io::Reading reading,
                           std::vector<std::string>& out) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  std::string content;
  if (auto complaint = io::read_whole_file(path, reading, content)) {
    return *complaint + "; give a readable file that holds the secret";
  }
  std::string_view rest = content;
  if (rest.starts_with(byte_order_mark)) rest.remove_prefix(byte_order_mark.size());
  std::vector<std::string> lines;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = without_line_end(rest.substr(0, end));
    if (!is_blank(line)) lines.emplace_back(line);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (lines.empty()) return path.string() + " is empty; write the secret into it";
  out = std::move(lines);
  return {};
}

Complaint check_not_masked(std::string_view secret) {
  if (secret != masked_secret) return {};
  return R"("***" is what tonearm check prints in place of a secret; give the secret itself)";
}

Complaint check_secret(std::string_view secret) {
  if (is_blank(secret)) return "a secret must not be empty or blank; remove it";
  if (std::ranges::none_of(secret, is_ctl)) return check_not_masked(secret);
  return "a secret must not hold control characters, such as a line's end; remove them";
}

}  // namespace tonearm::app
