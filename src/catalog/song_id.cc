#include "catalog/song_id.h"

#include "tonearm/base/number.h"

#include <cmath>
#include <string>

namespace tonearm::catalog {

std::optional<std::int64_t> canonical_integer(std::string_view id) {
  const auto value = parse_number<std::int64_t>(id);
  if (!value || std::to_string(*value) != id) return std::nullopt;
  return value;
}

std::optional<std::int64_t> disguised_integer(std::string_view id) {
  if (id.find_first_not_of("0123456789.eE-") != std::string_view::npos) return std::nullopt;
  if (canonical_integer(id)) return std::nullopt;
  // As an integer first: a double holds 53 bits only.
  if (const auto integer = parse_number<std::int64_t>(id)) return integer;
  const auto real = parse_number<double>(id);
  constexpr double beyond = 9223372036854775808.0;
  if (!real || *real != std::trunc(*real) || *real < -beyond || *real >= beyond) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*real);
}

}  // namespace tonearm::catalog
