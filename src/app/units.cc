#include "app/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace tonearm::app {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 6> sizes{{{"TiB", 1ULL << 40},
                                     {"GiB", 1ULL << 30},
                                     {"MiB", 1ULL << 20},
                                     {"KiB", 1ULL << 10},
                                     {"B", 1},
                                     {"", 1}}};
constexpr std::array<Unit, 5> decimal_sizes{{{"TB", 1'000'000'000'000},
                                             {"GB", 1'000'000'000},
                                             {"MB", 1'000'000},
                                             {"KB", 1'000},
                                             {"kB", 1'000}}};
constexpr std::array<Unit, 5> durations{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t too_much = std::numeric_limits<std::uint64_t>::max();

/// `too_much` for more than `most`.
template <std::size_t N>
std::optional<std::uint64_t> parse(std::string_view text, const std::array<Unit, N>& units) {
  std::uint64_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec == std::errc::result_out_of_range) {
    number = too_much;
  } else if (result.ec != std::errc{}) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
  for (const Unit& unit : units) {
    if (text != unit.name) continue;
    return number > most / unit.factor ? too_much : number * unit.factor;
  }
  return std::nullopt;
}

std::string format(std::uint64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value % unit.factor == 0 && value != 0) {
      return std::to_string(value / unit.factor) + std::string(unit.name);
    }
  }
  return "0" + std::string(units[units.size() - 2].name);
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto size = parse(text, sizes);
  return size ? size : parse(text, decimal_sizes);
}
std::string format_size(std::uint64_t bytes) { return format(bytes, sizes); }

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto value = parse(text, durations);
  if (!value) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(*value, most)));
}

std::string format_duration(std::chrono::milliseconds duration) {
  return format(static_cast<std::uint64_t>(duration.count()), std::span(durations).subspan(1));
}

}  // namespace tonearm::app
