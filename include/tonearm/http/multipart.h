#pragma once

#include "tonearm/http/range.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace tonearm::http {

/// The framing of a multipart/byteranges body (RFC 9110 §14.6, RFC 2046 §5.1.1).
/// body = for each part: part_head + bytes; then multipart_tail.
std::string part_head(const ByteRange& range, std::uint64_t complete, std::string_view content_type,
                      std::string_view boundary, bool first);
std::string multipart_tail(std::string_view boundary);
/// The exact length of the whole body in bytes.
std::uint64_t multipart_length(const ByteRanges& parts, std::uint64_t complete,
                               std::string_view content_type, std::string_view boundary);

}  // namespace tonearm::http
