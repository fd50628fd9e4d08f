#pragma once

#include "tonearm/http/plan.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tonearm::http {

/// CR, LF and NUL, which no field value may hold (RFC 9110 §5.5).
constexpr std::string_view field_breaks{"\r\n\0", 3};

/// A field's value. Of a literal it is proven when it is compiled that it is one; what comes from
/// elsewhere is looked through when it is added. A view: used within the expression that makes it.
class FieldValue {
 public:
  // NOLINTBEGIN(google-explicit-constructor): it is there to be made of what add() is given.
  template <std::size_t size>
  consteval FieldValue(const char (&literal)[size]) : text_(literal, size - 1), proven_(true) {
    if (text_.find_first_of(field_breaks) != std::string_view::npos) throw "no field value";
  }
  FieldValue(std::string_view text) : text_(text) {}
  FieldValue(const std::string& text) : text_(text) {}
  // NOLINTEND(google-explicit-constructor)

  std::string_view text() const { return text_; }
  bool proven() const { return proven_; }

 private:
  std::string_view text_;
  bool proven_ = false;
};

/// Builds one response head in one string: status line, fields, empty line.
/// A value must not hold CR, LF or NUL; such bytes are dropped, so that nothing that a catalog or
/// an origin says can start a field of its own.
class ResponseHead {
 public:
  /// The status line (always HTTP/1.1, RFC 9112 §2.3) and Date.
  ResponseHead(unsigned status, HttpTime now);

  ResponseHead& add(std::string_view name, FieldValue value);
  ResponseHead& add(std::string_view name, std::uint64_t value);
  /// Ends the head. Nothing may be added afterwards.
  std::string finish() &&;

 private:
  void begin_field(std::string_view name);
  void add_proven(std::string_view name, std::string_view value);

  std::string text_;
};

std::string_view reason_phrase(unsigned status);

/// Adds what a plan for 200, 206 or 304 decides: Content-Type, Content-Length or Transfer-Encoding,
/// Content-Range, Accept-Ranges, ETag (strong only), Last-Modified. 304 carries what RFC 9110
/// §15.4.5 wants. Chunked is for HTTP/1.1 alone: `version` is the request's.
void add_plan_fields(ResponseHead& head, const ResponsePlan& plan, const Representation& what,
                     std::string_view content_type, std::string_view boundary, unsigned version);

}  // namespace tonearm::http
