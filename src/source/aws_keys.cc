#include "source/aws_keys.h"

#include "tonearm/base/ascii.h"

#include <fstream>
#include <sstream>

namespace tonearm::source {
namespace {

constexpr std::string_view blanks = " \t\r\n";

void assign(AwsKeys& keys, std::string_view name, std::string_view value) {
  if (name == "aws_access_key_id") keys.id = value;
  if (name == "aws_secret_access_key") keys.secret = value;
  if (name == "aws_session_token") keys.session_token = value;
}

}  // namespace

std::optional<AwsKeys> parse_credentials(std::string_view text, std::string_view profile) {
  AwsKeys keys;
  bool ours = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end), blanks);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      ours = line.back() == ']' && trim(line.substr(1, line.size() - 2), blanks) == profile;
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!ours || equals == std::string_view::npos) continue;
    assign(keys, trim(line.substr(0, equals), blanks), trim(line.substr(equals + 1), blanks));
  }
  if (keys.id.empty() || keys.secret.empty()) return std::nullopt;
  return keys;
}

AwsKeys find_aws_keys(const Environment& environment) {
  AwsKeys keys;
  // Out of a file, a value has often kept its line's end, with which no request can be signed.
  const auto key = [&](const std::string& name) {
    return std::string(trim(environment(name), blanks));
  };
  keys.id = key("AWS_ACCESS_KEY_ID");
  keys.secret = key("AWS_SECRET_ACCESS_KEY");
  keys.session_token = key("AWS_SESSION_TOKEN");
  if (!keys.id.empty() && !keys.secret.empty()) return keys;
  std::string path = environment("AWS_SHARED_CREDENTIALS_FILE");
  if (path.empty()) path = environment("HOME") + "/.aws/credentials";
  const std::string profile = environment("AWS_PROFILE");
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return parse_credentials(text.str(), profile.empty() ? "default" : profile).value_or(AwsKeys{});
}

}  // namespace tonearm::source
