#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tonearm::catalog {

/// The integer that `id` is the canonical decimal form of (`7`, `-5`; not `07`, `+7`, `-0`), if it
/// fits 64 bits.
std::optional<std::int64_t> canonical_integer(std::string_view id);

/// The integer that SQLite would take the text for when it compares it with an INTEGER column,
/// although it is not its canonical form: `07`, `7.0`, `70e-1`.
std::optional<std::int64_t> disguised_integer(std::string_view id);

}  // namespace tonearm::catalog
