#pragma once

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tonearm::http {

/// Bytes of a representation, half-open: [first, end). Never empty in a plan.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t end = 0;

  std::uint64_t size() const { return end - first; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// One range as it was asked, before the length is known (RFC 9110 §14.1.2).
/// int-range: `first` set, `last` set or not. suffix-range: `first` empty, `last` the suffix
/// length. Numbers of any length are accepted and saturate at 2^64-1; they never wrap.
struct RangeSpec {
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> last;

  bool is_suffix() const { return !first.has_value(); }
  bool is_open_ended() const { return first.has_value() && !last.has_value(); }
  friend bool operator==(const RangeSpec&, const RangeSpec&) = default;
};

using RangeSpecs = boost::container::small_vector<RangeSpec, 1>;
using ByteRanges = boost::container::small_vector<ByteRange, 1>;

/// Most ranges in one request that are answered; a longer list is ignored (RFC 9110 §14.2).
inline constexpr std::size_t max_ranges = 16;

/// A Range field, read.
struct RangeField {
  enum class Kind : std::uint8_t {
    ignored,    ///< Absent, another unit, or more than max_ranges: answer as if it were not there.
    malformed,  ///< `bytes=` and a set that breaks the grammar: 416.
    bytes,
  };
  Kind kind = Kind::ignored;
  RangeSpecs specs;
};

/// RFC 9110 §14.1.1, §14.2. The unit is case-insensitive; blanks around commas and empty list
/// elements are allowed (§5.6.1); `first > last` makes the whole set malformed.
RangeField parse_range(std::string_view field);

/// Fits one spec to a length (RFC 9110 §14.1.2): the end is clamped, a suffix longer than the
/// representation selects all of it. Empty when it is not satisfiable.
std::optional<ByteRange> fit_range(const RangeSpec& spec, std::uint64_t length);

}  // namespace tonearm::http
