#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tonearm::source {

/// The date of Amazon's signatures, ISO 8601 basic: 20130524T000000Z.
std::string format_amz_date(std::chrono::sys_seconds time);
/// Empty when it is no such date.
std::optional<std::chrono::sys_seconds> parse_amz_date(std::string_view text);

}  // namespace tonearm::source
