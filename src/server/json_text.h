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

/// Appends `,"name":"value"`. `name` needs no escapes.
void append_json_member(std::string& out, std::string_view name, std::string_view value);

/// Appends an id of the catalog: as a number where it is the canonical decimal form of an integer
/// that every reader holds exactly (RFC 8259 §6: within ±(2^53-1)), else as a string.
void append_json_id(std::string& out, std::string_view id);

/// Appends `"2026-11-06T08:49:37.123Z"`: RFC 3339, UTC, quotes included.
void append_json_time(std::string& out, std::chrono::system_clock::time_point time);

}  // namespace tonearm::server
