#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tonearm::app {

/// The one of `names` that takes the fewest edits to become `wrong`; none where nothing is so near
/// that it may well have been meant. Of names with dots, the part behind the last one is judged.
std::optional<std::string> nearest(std::string_view wrong, const std::vector<std::string>& names);

/// "a, b and c".
std::string enumerated(const std::vector<std::string>& names);

}  // namespace tonearm::app
