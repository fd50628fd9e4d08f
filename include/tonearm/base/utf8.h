#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tonearm {

/// U+FFFD, for what is no text.
inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

/// The length of the well-formed UTF-8 sequence that `text`, which is not empty, begins with
/// (Unicode table 3-7), or 0.
std::size_t utf8_sequence_length(std::string_view text);

bool is_utf8(std::string_view text);

/// Whether a character acts on lines or on terminals: C0, DEL, C1, and U+2028 and U+2029, which end
/// a line for some readers.
bool is_control(std::string_view character);

/// `text` with U+FFFD for each byte that is not part of well-formed UTF-8.
std::string repaired_utf8(std::string_view text);

}  // namespace tonearm
