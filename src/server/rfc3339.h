#pragma once

#include <chrono>
#include <string>

namespace tonearm::server {

/// `2026-11-06T08:49:37.123Z`: UTC, in whole milliseconds that have passed.
std::string rfc3339(std::chrono::system_clock::time_point time);

}  // namespace tonearm::server
