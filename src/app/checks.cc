#include "app/checks.h"

#include "tonearm/base/ascii.h"
#include "tonearm/base/char_set.h"
#include "tonearm/base/locator.h"
#include "tonearm/http/port.h"
#include "tonearm/http/token.h"
#include "tonearm/http/url.h"
#include "tonearm/io/whole_file.h"
#include "tonearm/server/client_address.h"
#include "tonearm/server/listen_address.h"
#include "tonearm/source/http_options.h"

#include <algorithm>
#include <array>

namespace tonearm::app {
namespace {

std::string quoted(const std::string& text) { return '"' + text + '"'; }

/// What keeps a text from being a URL that others are made from; empty when nothing does.
Complaint base_fault(const std::string& text) {
  const auto url = http::parse_url(text);
  if (!url || (url->scheme != "http" && url->scheme != "https") || url->authority.host.empty()) {
    return "is no http or https URL";
  }
  const std::string& port = url->authority.port;
  if (!port.empty() && !http::is_port(port)) return "has a port that is not from 1 to 65535";
  if (text.find_first_of("?#") != std::string::npos) return "must not have a query or a fragment";
  return {};
}

/// `instead`: how else a user and a password are given.
Complaint check_base(const std::string& text, std::string_view example,
                     std::string_view instead = {}) {
  const auto url = http::parse_url(text);
  // Such a text is not shown: it holds a password, or seems to.
  if (url && url->authority.userinfo) {
    return "must not hold a user or a password, which everyone who sees it would learn; give one "
           "such as \"" +
           std::string(example) + '"' + std::string(instead);
  }
  const Complaint fault = base_fault(text);
  if (!fault) return {};
  const bool may_hold_password = text.find('@') != std::string::npos;
  return (may_hold_password ? "(not shown: it holds an @)" : quoted(text)) + ' ' + *fault +
         "; give one such as \"" + std::string(example) + '"';
}

/// A prefix of no bits behind the address of one network: a digit is missing.
bool is_everybody_by_mistake(const std::string& text) {
  const auto block = server::Cidr::parse(text);
  const auto slash = text.find('/');
  if (!block || slash == std::string::npos) return false;
  if (text.find_first_not_of('0', slash + 1) != std::string::npos) return false;
  return !boost::asio::ip::make_address(text.substr(0, slash)).is_unspecified();
}

}  // namespace

Complaint check_listen(const std::string& text) {
  if (server::parse_listen_address(text)) return {};
  const std::size_t longest = server::longest_unix_path();
  if (text.starts_with(server::unix_prefix) && text.size() > server::unix_prefix.size() + longest) {
    return quoted(text) + " is too long; a unix socket's path takes " + std::to_string(longest) +
           " bytes at most";
  }
  return quoted(text) + " is no address to listen on; give \"127.0.0.1:8005\", \"[::1]:8005\" or " +
         "\"unix:/run/tonearm.sock\"";
}

Complaint check_cidr(const std::string& text) {
  if (is_everybody_by_mistake(text)) {
    return quoted(text) +
           " is every address; give its prefix's length, or \"0.0.0.0/0\" or \"::/0\"";
  }
  if (server::Cidr::parse(text)) return {};
  return quoted(text) + " is no address block; give \"10.0.0.0/8\", \"fc00::/7\" or an address";
}

Complaint check_origin(const std::string& text) {
  const auto url = http::parse_url(text);
  const bool origin = url && !url->authority.host.empty() && !url->authority.userinfo &&
                      !url->query && iequals(text, to_string(*url)) &&
                      (url->authority.port.empty() || http::is_port(url->authority.port)) &&
                      (url->path.empty() || url->path == "/");
  if (text == "*" || text == "null") return {};
  if (text.find('*') != std::string::npos) {
    return quoted(text) + " stands for no other origin; name each of them, or give \"*\" for all";
  }
  if (origin) return {};
  return quoted(text) + " is no origin; give \"https://player.example\" or \"*\"";
}

Complaint check_log_level(const std::string& text) {
  constexpr std::array<std::string_view, 5> levels{"trace", "debug", "info", "warn", "error"};
  if (std::find(levels.begin(), levels.end(), text) != levels.end()) return {};
  return quoted(text) + " is no level; give trace, debug, info, warn or error";
}

Complaint check_base_url(const std::string& text) {
  return check_base(text, "http://localhost:8000/media/",
                    ", and Authorization in upstream.headers where it is wanted");
}

Complaint check_public_url(const std::string& text) {
  return text.empty() ? Complaint() : check_base(text, "https://music.example");
}

Complaint check_endpoint(const std::string& text) {
  return check_base(text, "https://s3.amazonaws.com");
}

Complaint check_region(const std::string& text) {
  constexpr CharSet region_chars = make_char_set("-._");
  if (!text.empty() && consists_of(region_chars, text)) return {};
  return quoted(text) + " is no region; give one such as \"us-east-1\"";
}

Complaint check_not_empty(const std::string& text) {
  if (!text.empty()) return {};
  return "is empty; remove it, or give a value";
}

Complaint check_readable_file(const std::string& path) {
  std::string content;
  if (path.empty()) return {};
  // libcurl reads it for each connection.
  const Complaint fault = io::read_whole_file(path, io::Reading::again, content);
  if (fault) return *fault + "; give a readable file";
  return {};
}

Complaint check_field_value(const std::string& text) {
  const bool clean = std::ranges::none_of(text, [](char c) { return is_ctl(c) && c != '\t'; });
  if (clean) return {};
  return "a field value must not hold control characters; remove them";
}

Complaint check_request_field(const std::pair<std::string, std::string>& field) {
  const auto& [name, value] = field;
  if (!http::is_token(name))
    return quoted(name) + " is no field name; give one such as Authorization";
  if (source::is_own_field(name)) {
    return name + " is set by tonearm for each request; remove it";
  }
  return check_field_value(value);
}

Complaint check_resolver_name(const std::string& name) {
  constexpr std::array<std::string_view, 4> taken{"http", "https", "s3", "file"};
  if (std::any_of(taken.begin(), taken.end(), [&](auto one) { return iequals(one, name); })) {
    return quoted(name) + " is a source of its own; choose another name";
  }
  if (!name.empty() && consists_of(resolver_name_chars, name)) return {};
  return quoted(name) + " cannot be a resolver's name; give letters, digits, + - . and _";
}

Complaint check_resolver_command(const std::vector<std::string>& command) {
  if (command.empty()) return "the command is missing; give [\"program\", \"argument\", \"{}\"]";
  if (command.front().empty()) return "the program is empty; give its name or its path";
  return {};
}

}  // namespace tonearm::app
