#include "tonearm/http/request_head.h"

#include "tonearm/base/ascii.h"
#include "tonearm/base/char_set.h"
#include "tonearm/base/number.h"
#include "tonearm/http/token.h"
#include "tonearm/http/url.h"

#include <algorithm>

namespace tonearm::http {
namespace {

Error bad(std::string why) { return Error{ErrorKind::bad_request, std::move(why), {}}; }

/// Room for what browsers send, in one allocation.
constexpr std::size_t usual_fields = 24;

constexpr CharSet plain_host_chars = make_char_set("-._~!$&'()*+,;=");  // RFC 3986 §3.2.2

/// The next line without its CRLF, or nothing when a bare CR or LF ends it (RFC 9112 §2.2).
std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find('\r');
  if (end == std::string_view::npos || !rest.substr(end).starts_with("\r\n")) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  if (line.find('\n') != std::string_view::npos) return std::nullopt;
  rest.remove_prefix(end + 2);
  return line;
}

/// RFC 9112 §2.3. 10 or 11; 0 for another major version; empty for what is no version at all.
std::optional<unsigned> parse_version(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 8 || !text.starts_with("HTTP/") || !digit(text[5]) || text[6] != '.' ||
      !digit(text[7])) {
    return std::nullopt;
  }
  if (text[5] != '1') return 0U;
  return text[7] == '0' ? 10U : 11U;
}

Result<void> parse_request_line(std::string_view line, RequestHead& head) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos)
    return bad("the request line is not METHOD SP target SP HTTP/1.1");
  head.method_text = line.substr(0, first);
  if (!is_token(head.method_text)) return bad("the request method is not a token");
  const bool two_words = first == last;
  head.target = line.substr(first + 1, two_words ? line.npos : last - first - 1);
  if (two_words && head.target.starts_with("HTTP/")) return bad("the request line has no target");
  if (head.target.size() > max_target_bytes) {
    return Error{ErrorKind::target_too_long, "the request target is longer than 8 KiB", {}};
  }
  const bool plain =
      std::ranges::none_of(head.target, [](char c) { return is_ctl(c) || c == ' '; });
  if (head.target.empty() || !plain) {
    return bad("the request target is empty or holds a blank or a control character");
  }
  if (two_words) {
    return Error{
        ErrorKind::version_not_supported, "HTTP/0.9 is not spoken here, only HTTP/1.x", {}};
  }
  const auto version = parse_version(line.substr(last + 1));
  if (!version) return bad("the request line does not end in HTTP/1.1 or HTTP/1.0");
  if (*version == 0) {
    return Error{
        ErrorKind::version_not_supported, "only HTTP/1.1 and HTTP/1.0 are spoken here", {}};
  }
  head.version = *version;
  head.method = boost::beast::http::string_to_verb(head.method_text);
  return {};
}

Result<RequestHead::Field> parse_field_line(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {
    return bad("a field is folded over lines (obs-fold); give it on one");
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return bad("a field line has no colon");
  RequestHead::Field out;
  out.name = line.substr(0, colon);
  if (!is_token(out.name)) return bad("a field name is not a token followed at once by a colon");
  out.value = trim(line.substr(colon + 1));
  const bool clean = std::ranges::none_of(out.value, [](char c) { return is_ctl(c) && c != '\t'; });
  if (!clean) return bad("a field value holds a control character");
  out.id = boost::beast::http::string_to_field(out.name);
  return out;
}

/// RFC 9112 §6.3: the framing of a body that follows. What two readers could understand differently
/// is refused.
Result<void> read_framing(RequestHead& head) {
  bool has_length = false;
  bool has_coding = false;
  for (const auto& line : head.fields) {
    if (line.id == field::content_length) {
      if (has_length) return bad("there are two Content-Length fields");
      has_length = true;
      const auto length = parse_number<std::uint64_t>(line.value);
      if (!length || *length > INT64_MAX) {
        return bad("Content-Length is not one number of bytes below 2^63");
      }
      head.content_length = *length;
    } else if (line.id == field::transfer_encoding) {
      if (has_coding || !iequals(line.value, "chunked")) {
        return bad("the only Transfer-Encoding understood is chunked, once");
      }
      has_coding = true;
    }
  }
  if (has_coding && head.version < 11) return bad("HTTP/1.0 has no Transfer-Encoding");
  if (has_coding && has_length)
    return bad("Content-Length and Transfer-Encoding exclude each other");
  head.chunked = has_coding;
  return {};
}

/// RFC 9110 §7.2. Most are a name, or a name and a port, in which there is nothing to parse.
bool is_host_and_port(std::string_view value) {
  const auto colon = std::min(value.find(':'), value.size());
  const std::string_view port = value.substr(std::min(colon + 1, value.size()));
  const bool digits = port.find_first_not_of("0123456789") == std::string_view::npos;
  if (digits && consists_of(plain_host_chars, value.substr(0, colon))) return true;
  const auto authority = parse_authority(value);
  return authority && !authority->userinfo;
}

/// RFC 9112 §3.2.
Result<void> check_host(const RequestHead& head) {
  unsigned hosts = 0;
  for (const auto& line : head.fields) {
    if (line.id != field::host) continue;
    ++hosts;
    if (!is_host_and_port(line.value)) return bad("Host is not a name and a port");
  }
  if (hosts > 1) return bad("there are several Host fields");
  if (hosts == 0 && head.version >= 11) return bad("an HTTP/1.1 request needs a Host field");
  return {};
}

/// RFC 9112 §9.3.
bool wants_keep_alive(const RequestHead& head) {
  bool close = false;
  bool keep = head.version >= 11;
  for (const auto& line : head.fields) {
    if (line.id != field::connection) continue;
    for (std::string_view rest = line.value; !rest.empty();) {
      const auto comma = std::min(rest.find(','), rest.size());
      const std::string_view option = trim(rest.substr(0, comma));
      close = close || iequals(option, "close");
      keep = keep || iequals(option, "keep-alive");
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return keep && !close;
}

}  // namespace

std::string_view RequestHead::get(field id) const {
  for (const Field& line : fields) {
    if (line.id == id) return line.value;
  }
  return {};
}

std::string_view RequestHead::get(std::string_view name) const {
  for (const Field& line : fields) {
    if (iequals(line.name, name)) return line.value;
  }
  return {};
}

bool RequestHead::has(field id) const {
  return std::any_of(fields.begin(), fields.end(),
                     [id](const Field& line) { return line.id == id; });
}

std::string_view RequestHead::get_combined(field id, std::string& storage) const {
  std::string_view combined;
  bool several = false;
  for (const Field& line : fields) {
    if (line.id != id) continue;
    if (!combined.data()) {
      combined = line.value;
      continue;
    }
    if (!several) storage = combined;
    several = true;
    storage += ", ";
    storage += line.value;
  }
  return several ? std::string_view(storage) : combined;
}

std::size_t find_head_start(std::string_view received) {
  std::size_t start = 0;
  while (received.substr(start).starts_with("\r\n")) start += 2;
  return start;
}

std::optional<std::size_t> find_head_end(std::string_view received) {
  const auto end = received.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  return end + 4;
}

Result<RequestHead> parse_request_head(std::string_view text) {
  RequestHead head;
  head.fields.reserve(usual_fields);
  const bool too_large = text.size() > max_head_bytes;
  const auto line = take_line(text);
  if (!line) return bad("the request line is not ended by CRLF");
  if (auto parsed = parse_request_line(*line, head); !parsed) return parsed.error();
  if (too_large) {
    return Error{ErrorKind::header_section_too_large, "the request head is longer than 16 KiB", {}};
  }
  for (;;) {
    const auto next = take_line(text);
    if (!next) return bad("a field line is not ended by CRLF");
    if (next->empty()) break;
    auto parsed = parse_field_line(*next);
    if (!parsed) return parsed.error();
    head.fields.push_back(*parsed);
  }
  if (auto checked = check_host(head); !checked) return checked.error();
  if (auto framed = read_framing(head); !framed) return framed.error();
  head.keep_alive = wants_keep_alive(head);
  return head;
}

}  // namespace tonearm::http
