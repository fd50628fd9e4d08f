#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tonearm::app {

/// `64KiB`, `1MiB`, `10GiB`, `2TiB` (powers of 1024), `64KB` or `64kB`, `1MB`, `10GB`, `2TB`
/// (powers of 1000), `100B` or digits alone; empty when it is none of these, the largest number
/// there is when it does not fit 63 bits.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// The largest binary unit that divides it, as parse_size() reads it.
std::string format_size(std::uint64_t bytes);

/// `250ms`, `10s`, `5m`, `24h`, `7d`; empty for anything else, the longest there is for what is
/// longer.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// The largest unit up to hours that divides it.
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace tonearm::app
