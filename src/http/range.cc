#include "tonearm/http/range.h"

#include "tonearm/base/ascii.h"

#include <algorithm>
#include <limits>

namespace tonearm::http {
namespace {

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

/// 1*DIGIT of any length; saturates instead of wrapping.
std::optional<std::uint64_t> parse_position(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    value = value > (largest - digit) / 10 ? largest : value * 10 + digit;
  }
  return value;
}

/// Of two positions, however long.
bool is_before(std::string_view digits, std::string_view others) {
  const auto significant = [](std::string_view all) {
    return all.substr(std::min(all.find_first_not_of('0'), all.size()));
  };
  const std::string_view one = significant(digits);
  const std::string_view other = significant(others);
  return one.size() != other.size() ? one.size() < other.size() : one < other;
}

std::optional<RangeSpec> parse_spec(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view before = text.substr(0, dash);
  const std::string_view after = text.substr(dash + 1);
  RangeSpec spec;
  if (!before.empty()) {
    spec.first = parse_position(before);
    if (!spec.first) return std::nullopt;
  }
  if (!after.empty()) {
    spec.last = parse_position(after);
    if (!spec.last) return std::nullopt;
  }
  if (before.empty() && after.empty()) return std::nullopt;
  if (spec.first && spec.last && is_before(after, before)) return std::nullopt;
  return spec;
}

}  // namespace

RangeField parse_range(std::string_view field) {
  RangeField out;
  field = trim(field);
  const auto equals = field.find('=');
  if (equals == std::string_view::npos) return out;
  if (!iequals(field.substr(0, equals), "bytes")) return out;
  out.kind = RangeField::Kind::malformed;
  std::size_t count = 0;
  for (std::string_view rest = field.substr(equals + 1);;) {
    const auto comma = rest.find(',');
    const std::string_view element = trim(rest.substr(0, comma));
    if (!element.empty()) {  // RFC 9110 §5.6.1.2: empty list elements are nothing
      const auto spec = parse_spec(element);
      if (!spec) return RangeField{RangeField::Kind::malformed, {}};
      if (++count <= max_ranges) out.specs.push_back(*spec);
    }
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (count == 0) return out;
  if (count > max_ranges) return RangeField{};
  out.kind = RangeField::Kind::bytes;
  return out;
}

std::optional<ByteRange> fit_range(const RangeSpec& spec, std::uint64_t length) {
  if (spec.is_suffix()) {
    const std::uint64_t size = std::min(spec.last.value_or(0), length);
    if (size == 0) return std::nullopt;
    return ByteRange{length - size, length};
  }
  if (*spec.first >= length) return std::nullopt;
  const std::uint64_t last = std::min(spec.last.value_or(largest), length - 1);
  return ByteRange{*spec.first, last + 1};
}

}  // namespace tonearm::http
