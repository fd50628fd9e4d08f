#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace tonearm::server {

/// `value` as one line, its newline included. Bytes that are no UTF-8 become U+FFFD.
std::string json_line(const nlohmann::ordered_json& value);

/// The same in ASCII, for what strangers wrote and terminals show: no control character is left in
/// it, C1 and U+2028 included.
std::string ascii_json_line(const nlohmann::ordered_json& value);

/// `null` for an empty text.
nlohmann::ordered_json text_or_null(std::string_view text);

}  // namespace tonearm::server
