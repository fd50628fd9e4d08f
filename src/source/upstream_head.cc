#include "source/upstream_head.h"

#include "tonearm/base/ascii.h"
#include "tonearm/base/number.h"

#include <algorithm>
#include <utility>

namespace tonearm::source {
namespace {

/// RFC 9110 §10.2.3: delay-seconds, of any number of digits, or a date.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, http::HttpTime now) {
  using std::chrono::seconds;
  constexpr seconds most = std::chrono::hours(24);
  if (!value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos) {
    const auto delay = parse_number<std::uint32_t>(value);
    return delay ? std::min(seconds(*delay), most) : most;
  }
  const auto date = http::parse_http_date(value);
  if (!date) return std::nullopt;
  return std::clamp<seconds>(*date - now, seconds(0), most);
}

/// A client gets it too, and a front before us refuses a head that does not fit its buffer.
constexpr std::size_t longest_value = 1024;

/// A Content-Type that may pass on; empty where even its essence is too long.
std::string_view without_long_parameters(std::string_view type) {
  if (type.size() > longest_value) type = trim(type.substr(0, type.find(';')));
  return type.size() > longest_value ? std::string_view() : type;
}

/// Calls `use` with each element of a comma-separated list (RFC 9110 §5.6.1), blanks left out.
template <typename Use>
void for_each_element(std::string_view list, Use use) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view element = trim(list.substr(0, comma));
    if (!element.empty()) use(element);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

}  // namespace

bool is_status_line(std::string_view line) {
  const auto is_digit = [&](std::size_t at) { return line[at] >= '0' && line[at] <= '9'; };
  constexpr std::size_t size = std::string_view("HTTP/1.1 200").size();
  if (line.size() < size || !line.starts_with("HTTP/1.") || !is_digit(7) || line[8] != ' ') {
    return false;
  }
  const bool is_status = line[9] != '0' && is_digit(9) && is_digit(10) && is_digit(11);
  return is_status && (line.size() == size || !is_digit(12));
}

bool UpstreamHeadReader::line(std::string_view text, http::HttpTime now) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  if (!std::exchange(in_fields_, true)) {
    head_ = UpstreamHead{};
    head_.http_1_0 = istarts_with(text, "HTTP/1.0");
    const auto space = text.find(' ');
    if (space != std::string_view::npos) {
      head_.status = parse_number<unsigned>(text.substr(space + 1, 3)).value_or(0);
    }
    return false;
  }
  if (text.empty()) {
    in_fields_ = false;
    finish(now);
    // RFC 9110 §15.2.2: behind a 101, which nobody has asked for, comes no HTTP.
    return head_.status >= 200 || head_.status == 101;
  }
  const auto colon = text.find(':');
  if (colon != std::string_view::npos)
    field(trim(text.substr(0, colon)), trim(text.substr(colon + 1)), now);
  return false;
}

void UpstreamHeadReader::field(std::string_view name, std::string_view value, http::HttpTime now) {
  if (iequals(name, "content-length")) {
    const auto length = parse_number<std::uint64_t>(value);
    if (!length || (head_.content_length && head_.content_length != length)) head_.ambiguous = true;
    head_.content_length = length;
  } else if (iequals(name, "transfer-encoding")) {
    read_transfer_codings(value);
  } else if (iequals(name, "connection")) {
    read_connection_options(value);
  } else if (iequals(name, "content-range")) {
    if (head_.has_content_range) head_.ambiguous = true;
    head_.has_content_range = true;
    head_.content_range = http::parse_content_range(value);
  } else if (iequals(name, "etag")) {
    head_.validators.etag =
        value.size() > longest_value ? std::nullopt : http::parse_entity_tag(value);
  } else if (iequals(name, "last-modified")) {
    head_.validators.last_modified = http::parse_http_date(value);
  } else if (iequals(name, "content-type")) {
    head_.content_type = without_long_parameters(value);
  } else if (iequals(name, "content-encoding")) {
    head_.encoded = head_.encoded || !(value.empty() || iequals(value, "identity"));
  } else if (iequals(name, "location")) {
    head_.location = value;
  } else if (iequals(name, "x-amz-bucket-region")) {
    head_.bucket_region = value;
  } else if (iequals(name, "retry-after")) {
    head_.retry_after = parse_retry_after(value, now);
  } else {
    http::read_cache_field(head_.caching, name, value);
  }
}

void UpstreamHeadReader::read_transfer_codings(std::string_view value) {
  head_.has_transfer_coding = true;
  for_each_element(value, [this](std::string_view coding) {
    // What says so twice is chunked once: an application's field and that of what it runs in.
    if (iequals(coding, "chunked")) {
      head_.chunked = true;
    } else if (!iequals(coding, "identity")) {
      head_.unknown_transfer_coding = true;
    }
  });
}

void UpstreamHeadReader::read_connection_options(std::string_view value) {
  for_each_element(value, [this](std::string_view option) {
    if (iequals(option, "close")) head_.close = true;
    if (iequals(option, "keep-alive")) head_.keep_alive = true;
  });
}

void UpstreamHeadReader::finish(http::HttpTime now) {
  head_.caching.received = now;
  // RFC 9112 §6.3: the transfer coding overrides it.
  if (head_.has_transfer_coding) head_.content_length.reset();
  head_.validators.last_modified_is_strong =
      http::is_strong_last_modified(head_.validators.last_modified, http::date_of(head_.caching));
}

}  // namespace tonearm::source
