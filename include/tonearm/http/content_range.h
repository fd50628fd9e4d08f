#pragma once

#include "tonearm/http/range.h"

#include <optional>
#include <string>
#include <string_view>

namespace tonearm::http {

/// A Content-Range field of unit bytes (RFC 9110 §14.4).
struct ContentRange {
  std::optional<ByteRange> range;         ///< Empty: unsatisfied-range, `bytes */N`.
  std::optional<std::uint64_t> complete;  ///< Empty: unknown, `*`.
  friend bool operator==(const ContentRange&, const ContentRange&) = default;
};

/// Empty when it is not a valid bytes Content-Range: bad grammar, another unit, last < first,
/// complete <= last, numbers past 64 bits, or `*/*`.
std::optional<ContentRange> parse_content_range(std::string_view field);

/// `bytes 0-1/57625802`, `bytes 0-1/*`.
std::string format_content_range(const ByteRange& range, std::optional<std::uint64_t> complete);
/// `bytes */57625802`.
std::string format_unsatisfied_range(std::uint64_t complete);

}  // namespace tonearm::http
