#pragma once

#include "tonearm/http/range.h"
#include "tonearm/http/representation.h"
#include "tonearm/http/representation_request.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tonearm::http {

struct PlanOptions {
  /// stream.max_range, bytes: an open-ended single range is answered with at most this much.
  /// 0: no limit.
  std::uint64_t max_range = 0;
};

/// The answer to a representation request, decided before a byte of it moves.
struct ResponsePlan {
  enum class Framing : std::uint8_t {
    none,       ///< No body of the representation: 304, 412 and 416.
    length,     ///< Exactly content_length bytes.
    until_end,  ///< Chunked to HTTP/1.1, until close to HTTP/1.0: the length is not known.
  };

  unsigned status = 200;  ///< 200, 206, 304, 412 or 416.
  Framing framing = Framing::length;
  /// What the body is made of, in the order to be sent: one range for 200 and a single 206, several
  /// for multipart/byteranges; empty for 304, 412, 416 and for a 200 of no bytes or unknown length.
  /// A 206 that is sent until_end has one that reaches past what exists: its end may come earlier.
  ByteRanges parts;
  /// The body's length, the multipart framing included. For HEAD too (what GET would have sent).
  std::uint64_t content_length = 0;
  /// What Content-Range tells as the total, for 206 and 416. Empty: not known.
  std::optional<std::uint64_t> complete;
  bool accept_ranges = true;
  bool send_body = true;  ///< False for HEAD, 304.

  bool is_multipart() const { return parts.size() > 1; }
  /// Whether bytes of the representation are to be sent.
  bool has_body() const { return send_body && (framing == Framing::until_end || !parts.empty()); }
  /// These bytes; where no end is known, up to the last number.
  ByteRanges body_parts() const;
};

/// RFC 9110 §13.2.2 (preconditions in their order), then §14.2. Pure: the heart of tonearm.
/// What still grows is answered by the rules of its own (docs/architecture.md, RFC 8673).
/// `boundary` and `content_type` are needed only for the exact length of a multipart body.
ResponsePlan plan_response(const RepresentationRequest& request, const Representation& what,
                           const PlanOptions& options, std::string_view content_type,
                           std::string_view boundary);

}  // namespace tonearm::http
