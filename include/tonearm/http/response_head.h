#pragma once

#include "tonearm/http/plan.h"

#include <string>
#include <string_view>

namespace tonearm::http {

/// Builds one response head in one string: status line, fields, empty line.
/// A value must not hold CR, LF or NUL; such bytes are dropped, so that nothing that a catalog or
/// an origin says can start a field of its own.
class ResponseHead {
 public:
  /// The status line (always HTTP/1.1, RFC 9112 §2.3) and Date.
  ResponseHead(unsigned status, HttpTime now);

  ResponseHead& add(std::string_view name, std::string_view value);
  ResponseHead& add(std::string_view name, std::uint64_t value);
  /// Ends the head. Nothing may be added afterwards.
  std::string finish() &&;

 private:
  std::string text_;
};

std::string_view reason_phrase(unsigned status);

/// Adds what a plan for 200, 206 or 304 decides: Content-Type, Content-Length or Transfer-Encoding,
/// Content-Range, Accept-Ranges, ETag (strong only), Last-Modified. 304 carries what RFC 9110
/// §15.4.5 wants. Chunked is for HTTP/1.1 alone: `version` is the request's.
void add_plan_fields(ResponseHead& head, const ResponsePlan& plan, const Representation& what,
                     std::string_view content_type, std::string_view boundary, unsigned version);

}  // namespace tonearm::http
