#include "source/aws_keys.h"

#include "tonearm/base/ascii.h"
#include "tonearm/io/whole_file.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>

namespace tonearm::source {
namespace {

constexpr std::string_view blanks = " \t\r\n";

void assign(AwsKeys& keys, std::string_view name, std::string_view value) {
  if (name == "aws_access_key_id") keys.id = value;
  if (name == "aws_secret_access_key") keys.secret = value;
  if (name == "aws_session_token") keys.session_token = value;
}

/// One profile of a shared credentials file (`[name]`, then `key = value`, '#' and ';' comments) as
/// it stands there; empty when it does not.
std::optional<AwsKeys> find_profile(std::string_view text, std::string_view profile) {
  std::optional<AwsKeys> keys;
  bool ours = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end), blanks);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      ours = line.back() == ']' && trim(line.substr(1, line.size() - 2), blanks) == profile;
      if (ours && !keys) keys.emplace();
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!ours || equals == std::string_view::npos) continue;
    assign(*keys, trim(line.substr(0, equals), blanks), trim(line.substr(equals + 1), blanks));
  }
  return keys;
}

bool is_whole(const AwsKeys& keys) { return !keys.id.empty() && !keys.secret.empty(); }

AwsKeys none(std::string fault) { return {{}, {}, {}, std::move(fault)}; }

/// Where the shared credentials file is, and which of its profiles counts.
struct Place {
  std::string path;
  std::string profile;
  bool named = false;  ///< Somebody said so, and thus that there are keys.
};

Place find_place(const Environment& environment) {
  Place place{environment("AWS_SHARED_CREDENTIALS_FILE"), environment("AWS_PROFILE")};
  place.named = !place.path.empty() || !place.profile.empty();
  if (place.path.empty()) place.path = environment("HOME") + "/.aws/credentials";
  if (place.profile.empty()) place.profile = "default";
  return place;
}

AwsKeys read_keys(const Place& place) {
  std::error_code failed;
  const auto type = std::filesystem::status(place.path, failed).type();
  if (!place.named && type == std::filesystem::file_type::not_found) return {};
  std::string text;
  auto unreadable = io::read_whole_file(place.path, io::Reading::again, text);
  if (unreadable) return none(std::move(*unreadable));
  std::optional<AwsKeys> keys = find_profile(text, place.profile);
  if (keys && is_whole(*keys)) return *keys;
  if (!keys && !place.named) return {};
  return none(place.path + " has no aws_access_key_id and aws_secret_access_key in a profile [" +
              place.profile + "]");
}

}  // namespace

AwsKeys find_aws_keys(const Environment& environment) {
  AwsKeys keys;
  // Out of a file, a value has often kept its line's end, with which no request can be signed.
  const auto key = [&](const std::string& name) {
    return std::string(trim(environment(name), blanks));
  };
  keys.id = key("AWS_ACCESS_KEY_ID");
  keys.secret = key("AWS_SECRET_ACCESS_KEY");
  keys.session_token = key("AWS_SESSION_TOKEN");
  return is_whole(keys) ? keys : read_keys(find_place(environment));
}

}  // namespace tonearm::source
