#include "source/response_reader.h"

#include "tonearm/base/ascii.h"

#include <algorithm>
#include <utility>

namespace tonearm::source {
namespace {

constexpr std::size_t longest_field = 100 * 1024;
constexpr std::size_t longest_head = 300 * 1024;
constexpr const char* too_long = "a header line of the origin's is too long";

Error answer_fault(std::string what) {
  return {ErrorKind::http_protocol_error, std::move(what), {}};
}

/// Known as soon as it does not begin as a status line does, whose end may never come.
bool may_be_status_line(std::string_view begun) {
  constexpr std::string_view start = "HTTP/1.";
  return begun.substr(0, start.size()) == start.substr(0, begun.size());
}

/// RFC 9110 §15.3.5, §15.4.5; behind a 101, which nobody has asked for, comes no HTTP.
bool has_no_content(unsigned status) { return status == 101 || status == 204 || status == 304; }

}  // namespace

Result<std::size_t> ResponseReader::read_head(std::string_view bytes, http::HttpTime now) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !has_head_) {
    const std::string_view rest = bytes.substr(taken);
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const bool whole = end < rest.size();
    const std::string_view part = rest.substr(0, whole ? end + 1 : end);
    taken += part.size();
    head_size_ += part.size();
    if (begun_.size() + part.size() > longest_field) return answer_fault(too_long);
    if (head_size_ > longest_head)
      return answer_fault("the head of the origin's answer is too long");
    if (!whole || !begun_.empty()) begun_ += part;
    if (!whole && !lines_.in_fields() && !may_be_status_line(begun_)) {
      return answer_fault("the origin's answer is no HTTP");
    }
    if (!whole) break;
    Result<void> read = read_line(begun_.empty() ? part : begun_, now);
    if (!read) return read.error();
    begun_.clear();
  }
  return taken;
}

Result<void> ResponseReader::read_line(std::string_view line, http::HttpTime now) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  const bool in_fields = lines_.in_fields();
  const bool is_http = in_fields || is_status_line(line);
  if (!is_http || line.find('\0') != std::string_view::npos) {
    return answer_fault("the origin's answer is no HTTP");
  }
  if (!in_fields) {
    lines_.line(line, now);
    return {};
  }
  const bool goes_on = !line.empty() && (line.front() == ' ' || line.front() == '\t');
  if (goes_on) return go_on_with_field(line);
  Result<void> ended = end_field(now);
  if (!ended) return ended;
  field_ = line;
  if (!line.empty()) return {};
  return lines_.line(line, now) ? begin_content() : Result<void>();
}

/// RFC 9112 §5.2; right behind the status line it is to be ignored (§2.2).
Result<void> ResponseReader::go_on_with_field(std::string_view line) {
  if (field_.empty()) return {};
  field_.append(" ").append(trim(line));
  if (field_.size() > longest_field) return answer_fault(too_long);
  return {};
}

Result<void> ResponseReader::end_field(http::HttpTime now) {
  if (field_.empty()) return {};
  if (field_.find(':') == std::string::npos) {
    return answer_fault("a header line of the origin's has no colon");
  }
  lines_.line(field_, now);
  return {};
}

Result<void> ResponseReader::begin_content() {
  has_head_ = true;
  const UpstreamHead& told = head();
  const bool is_success = told.status >= 200 && told.status < 300;
  if (has_no_content(told.status)) {
    framing_ = Framing::length;
  } else if (told.unknown_transfer_coding) {
    // What a refusal says nobody wants to know so well.
    if (is_success) return answer_fault("the origin sent a Transfer-Encoding unasked");
  } else if (told.chunked) {
    framing_ = Framing::chunked;
  } else if (told.content_length && !told.ambiguous) {
    framing_ = Framing::length;
    left_ = *told.content_length;
  }
  complete_ = framing_ == Framing::length && left_ == 0;
  return {};
}

ResponseReader::Content ResponseReader::read_content(std::span<std::byte> bytes) {
  if (framing_ == Framing::until_close) return {bytes.size(), {}};
  if (framing_ == Framing::chunked) {
    ChunkedDecoder::Decoded decoded = chunks_.decode(bytes);
    complete_ = chunks_.complete();
    excess_ = excess_ || decoded.taken < bytes.size();
    return {decoded.content, std::move(decoded.fault)};
  }
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  left_ -= size;
  complete_ = left_ == 0;
  excess_ = excess_ || size < bytes.size();
  return {size, {}};
}

Result<void> ResponseReader::end() {
  if (silent()) {
    return Error{
        ErrorKind::connection_terminated, "the origin ended the connection without an answer", {}};
  }
  if (!has_head_) {
    return Error{
        ErrorKind::connection_terminated, "the head of the origin's answer is cut short", {}};
  }
  if (framing_ == Framing::until_close) complete_ = true;
  if (complete_) return {};
  std::string what = "the origin's body is cut short";
  if (framing_ == Framing::length) what += ", " + std::to_string(left_) + " bytes before its end";
  return Error{ErrorKind::http_response_incomplete, std::move(what), {}};
}

bool ResponseReader::reusable() const {
  const UpstreamHead& told = head();
  // HTTP/1.0 knows no chunks: who sends them all the same may err in where they end (§6.1).
  const bool kept =
      told.http_1_0 ? told.keep_alive && framing_ != Framing::chunked : told.status != 101;
  return complete_ && !excess_ && framing_ != Framing::until_close && kept && !told.close;
}

}  // namespace tonearm::source
