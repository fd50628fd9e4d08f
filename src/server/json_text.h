#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace tonearm::server {

/// Appends `text` as a JSON string with its quotes (RFC 8259 §7). Whatever it holds, the result is
/// one line of valid UTF-8: bytes that are none become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// The same, but `null` for an empty text.
void append_json_string_or_null(std::string& out, std::string_view text);

/// Appends `"2026-11-06T08:49:37.123Z"`: RFC 3339, UTC, quotes included.
void append_json_time(std::string& out, std::chrono::system_clock::time_point time);

}  // namespace tonearm::server
