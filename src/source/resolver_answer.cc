#include "source/resolver_answer.h"

#include "tonearm/base/ascii.h"
#include "tonearm/base/char_set.h"
#include "tonearm/http/content_type.h"
#include "tonearm/http/token.h"
#include "tonearm/source/http_options.h"

#include "source/resolver_cookies.h"

#include <boost/json.hpp>

#include <algorithm>

namespace tonearm::source {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_url = 16 * 1024;
constexpr std::size_t most_fields = 64;
constexpr std::size_t longest_fields = 16 * 1024;
constexpr std::size_t longest_cookies = 64 * 1024;  // With their attributes, which are not sent.
constexpr std::string_view answer_blanks = " \t\r\n\f\v";
constexpr std::size_t deepest_json = 32;

Error failed(std::string why) {
  return Error{ErrorKind::resolver_failed, "the resolver's answer " + std::move(why), {}};
}

/// Of the controls only those of one byte: a head may hold every byte of the others.
bool holds_control(std::string_view text) { return std::ranges::any_of(text, is_ctl); }

Result<OriginUrl> read_url(std::string_view text) {
  if (text.size() > longest_url) return failed("is a URL that is too long");
  if (holds_control(text)) {
    return failed("is a URL with control characters");
  }
  Result<OriginUrl> url = parse_loose_origin_url(text);
  if (!url) return failed("cannot be asked for: " + url.error().detail);
  return url;
}

/// Text of an object's member; empty when there is none, or it is something else.
std::string_view text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return std::string_view(value->get_string());
}

const json::object* object_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* array_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_array();
}

/// One file over HTTP: not a list of pieces, as HLS and DASH are.
bool is_one_file(const json::object& format) {
  const std::string_view protocol = text_of(format, "protocol");
  return protocol.empty() || protocol == "http" || protocol == "https";
}

bool has(const json::object& format, std::string_view codec) {
  const std::string_view name = text_of(format, codec);
  return !name.empty() && name != "none";
}

/// Of the formats that yt-dlp lists, worst first: the one that it chose, else the last with sound
/// alone, else the last that is not silent.
const json::object* choose(const json::array& formats, std::string_view chosen) {
  const json::object* best = nullptr;
  bool best_is_pure = false;
  for (const json::value& value : formats) {
    const json::object* format = value.if_object();
    if (format == nullptr || text_of(*format, "url").empty() || !is_one_file(*format)) continue;
    if (!chosen.empty() && text_of(*format, "format_id") == chosen) return format;
    if (text_of(*format, "acodec") == "none") continue;
    const bool pure = has(*format, "acodec") && !has(*format, "vcodec");
    if (!pure && best_is_pure) continue;
    best = format;
    best_is_pure = pure;
  }
  return best;
}

/// The object that holds the URL; null when there is none. `pieces` is set when there is one, but
/// not of one file.
const json::object* find_format(const json::object& answer, bool& pieces) {
  const auto usable = [&pieces](const json::object* format) {
    if (format == nullptr || text_of(*format, "url").empty()) return false;
    const bool one = is_one_file(*format);
    pieces = pieces || !one;
    return one;
  };
  if (usable(&answer)) return &answer;
  if (const json::array* downloads = array_of(answer, "requested_downloads")) {
    const json::object* first = downloads->empty() ? nullptr : downloads->front().if_object();
    if (usable(first)) return first;
  }
  for (const std::string_view list : {"requested_formats", "formats"}) {
    const json::array* formats = array_of(answer, list);
    if (formats == nullptr) continue;
    if (const json::object* format = choose(*formats, text_of(answer, "format_id"))) return format;
  }
  return nullptr;
}

/// A page that is a list of one or more (`_type` playlist): its first.
const json::object* first_of(const json::object* answer) {
  const json::array* entries = array_of(*answer, "entries");
  if (entries == nullptr) return answer;
  for (const json::value& entry : *entries) {
    if (const json::object* object = entry.if_object()) return object;
  }
  return answer;
}

/// What yt-dlp has not looked into, as the entries of a list with --flat-playlist.
bool is_page(const json::object& answer) {
  const std::string_view type = text_of(answer, "_type");
  return type == "url" || type == "url_transparent";
}

/// `first`: of `whole`, if that is a list.
Result<const json::object*> choose_format(const json::object& whole, const json::object& first) {
  if (is_page(first)) {
    return failed("is a page and not media: yt-dlp has to run without --flat-playlist");
  }
  bool pieces = false;
  if (const json::object* format = find_format(first, pieces)) return format;
  if (pieces) return failed("is a list of pieces (HLS, DASH), not one file");
  if (array_of(first, "entries") == nullptr) return failed("holds no URL");
  return failed(&first == &whole ? "is a list without a song" : "is a list of lists");
}

Result<void> read_headers(const json::object& fields, ResolverAnswer& answer) {
  std::size_t length = 0;
  for (const auto& [key, value] : fields) {
    if (!value.is_string()) continue;
    const std::string_view name(key);
    const std::string_view text(value.get_string());
    if (!http::is_token(name) || holds_control(text)) {
      return failed("has a header field that cannot be sent");
    }
    if (is_own_field(name)) continue;
    length += name.size() + text.size();
    if (answer.headers.size() >= most_fields || length > longest_fields) {
      return failed("has too many header fields");
    }
    answer.headers.emplace_back(name, text);
  }
  return {};
}

/// yt-dlp keeps cookies out of http_headers, for they are not for every host (CVE-2023-35934).
Result<void> add_cookies(std::string_view said, ResolverAnswer& answer) {
  const auto is_cookie = [](const auto& field) { return iequals(field.first, "cookie"); };
  if (std::ranges::any_of(answer.headers, is_cookie)) return {};
  if (said.size() > longest_cookies) return failed("has too many cookies");
  std::string cookies = cookies_for(answer.url, said);
  if (cookies.size() > longest_fields) return failed("has too many cookies");
  if (!cookies.empty()) answer.headers.emplace_back("Cookie", std::move(cookies));
  return {};
}

/// yt-dlp names a container by its usual extension; without a picture in it, it is sound.
std::string content_type_of(const json::object& format) {
  std::string type = http::choose_content_type({}, {}, "x." + std::string(text_of(format, "ext")));
  if (type == "application/octet-stream") return {};
  constexpr std::string_view video = "video/";
  if (type.starts_with(video) && text_of(format, "vcodec") == "none") {
    type.replace(0, video.size(), "audio/");
  }
  return type;
}

Result<ResolverAnswer> read_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = deepest_json;
  options.allow_invalid_utf8 = true;
  json::stream_parser parser({}, options);
  json::error_code error;
  // Only the first value: `yt-dlp -j` prints one a line for each song of a list.
  parser.write_some(text.data(), text.size(), error);
  if (error || !parser.done()) return failed("is no whole JSON object");
  const json::value value = parser.release();
  const json::object* whole = value.if_object();
  if (whole == nullptr) return failed("is no JSON object");
  const json::object& answer = *first_of(whole);
  const Result<const json::object*> chosen = choose_format(*whole, answer);
  if (!chosen) return chosen.error();
  const json::object* format = *chosen;
  Result<OriginUrl> url = read_url(text_of(*format, "url"));
  if (!url) return url.error();
  ResolverAnswer out;
  out.url = std::move(*url);
  const json::object* fields = object_of(*format, "http_headers");
  if (fields == nullptr) fields = object_of(answer, "http_headers");
  if (fields != nullptr) {
    Result<void> read = read_headers(*fields, out);
    if (!read) return read.error();
  }
  std::string_view cookies = text_of(*format, "cookies");
  if (cookies.empty()) cookies = text_of(answer, "cookies");
  Result<void> read = add_cookies(cookies, out);
  if (!read) return read.error();
  out.content_type = content_type_of(*format);
  return out;
}

/// RFC 3986 §3.1: `scheme:`, and then `//`: what is meant as a URL, of whatever kind.
bool looks_like_url(std::string_view line) {
  const std::string_view scheme = leading(scheme_chars, line);
  return !scheme.empty() && line.substr(scheme.size()).starts_with("://");
}

}  // namespace

Result<ResolverAnswer> read_resolver_answer(std::string_view output) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (output.starts_with(byte_order_mark)) output.remove_prefix(byte_order_mark.size());
  output = trim(output, answer_blanks);
  if (output.empty()) return failed("is empty");
  while (!output.empty()) {
    const auto end = std::min(output.find('\n'), output.size());
    const std::string_view line = trim(output.substr(0, end), answer_blanks);
    if (line.starts_with('{')) return read_json(trim(output, answer_blanks));
    output.remove_prefix(std::min(end + 1, output.size()));
    if (!looks_like_url(line)) continue;
    Result<OriginUrl> url = read_url(line);
    if (!url) return url.error();
    ResolverAnswer answer;
    answer.url = std::move(*url);
    return answer;
  }
  return failed("holds no URL");
}

}  // namespace tonearm::source
