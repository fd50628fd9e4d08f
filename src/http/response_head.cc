#include "tonearm/http/response_head.h"

#include "tonearm/base/number.h"
#include "tonearm/http/content_range.h"

#include <algorithm>
#include <cstddef>

namespace tonearm::http {
namespace {

/// The Date field's text, made once a second: formatting it would be half of a small head's cost.
std::string_view date_text(HttpTime now) {
  thread_local HttpTime last{};
  thread_local std::string text;
  if (text.empty() || last != now) {
    last = now;
    text = format_http_date(now);
  }
  return text;
}

/// Nearly always there is none, which three memchr find out faster than a look at each character.
void drop_field_breaks(std::string& text, std::size_t start) {
  for (const char c : field_breaks) {
    const std::size_t first = text.find(c, start);
    if (first == std::string::npos) continue;
    const auto from = text.begin() + static_cast<std::ptrdiff_t>(first);
    text.erase(std::remove(from, text.end(), c), text.end());
  }
}

}  // namespace

ResponseHead::ResponseHead(unsigned status, HttpTime now) {
  text_.reserve(768);
  text_ += "HTTP/1.1 ";
  append_number(text_, status);
  text_ += ' ';
  text_ += reason_phrase(status);
  text_ += "\r\n";
  add_proven("Date", date_text(now));
}

ResponseHead& ResponseHead::add(std::string_view name, FieldValue value) {
  if (value.proven()) {
    add_proven(name, value.text());
    return *this;
  }
  begin_field(name);
  const std::size_t start = text_.size();
  text_ += value.text();
  drop_field_breaks(text_, start);
  text_ += "\r\n";
  return *this;
}

void ResponseHead::begin_field(std::string_view name) {
  text_ += name;
  text_ += ": ";
}

void ResponseHead::add_proven(std::string_view name, std::string_view value) {
  begin_field(name);
  text_ += value;
  text_ += "\r\n";
}

ResponseHead& ResponseHead::add(std::string_view name, std::uint64_t value) {
  begin_field(name);
  append_number(text_, value);
  text_ += "\r\n";
  return *this;
}

std::string ResponseHead::finish() && {
  text_ += "\r\n";
  return std::move(text_);
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 412:
      return "Precondition Failed";
    case 414:
      return "URI Too Long";
    case 416:
      return "Range Not Satisfiable";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

void add_plan_fields(ResponseHead& head, const ResponsePlan& plan, const Representation& what,
                     std::string_view content_type, std::string_view boundary, unsigned version) {
  if (plan.accept_ranges && plan.status / 100 == 2) head.add("Accept-Ranges", "bytes");
  if (plan.framing != ResponsePlan::Framing::none) {
    if (plan.is_multipart()) {
      head.add("Content-Type", "multipart/byteranges; boundary=" + std::string(boundary));
    } else {
      head.add("Content-Type", content_type);
    }
  }
  if (plan.framing == ResponsePlan::Framing::length) {
    head.add("Content-Length", plan.content_length);
  } else if (plan.framing == ResponsePlan::Framing::until_end && plan.send_body && version >= 11) {
    head.add("Transfer-Encoding", "chunked");
  }
  if (plan.status == 206 && !plan.is_multipart()) {
    head.add("Content-Range", format_content_range(plan.parts[0], plan.complete));
  }
  const Validators& validators = what.validators;
  if (validators.has_strong_etag()) head.add("ETag", validators.etag->opaque);
  if (validators.last_modified) {
    head.add("Last-Modified", format_http_date(*validators.last_modified));
  }
}

}  // namespace tonearm::http
