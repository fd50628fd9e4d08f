#pragma once

#include <string>
#include <string_view>

namespace tonearm {

/// Whether `a` and `b` are the same but for the case of ASCII letters, as names of fields, schemes
/// and units are compared (RFC 9110 §5.1). No locale has a say, and no byte past an end is read, as
/// Boost.Beast's function of this name does.
bool iequals(std::string_view a, std::string_view b);

/// Whether `c` is a control character of ASCII (CTL, RFC 5234 §B.1).
inline bool is_ctl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// Whether `text` begins or ends with the other one, compared as iequals() does.
bool istarts_with(std::string_view text, std::string_view start);
bool iends_with(std::string_view text, std::string_view end);

/// `text` with its ASCII letters in lower case.
std::string to_lower(std::string_view text);

/// `text` without the `blanks` around it, spaces and tabs as they stand (OWS, RFC 9110 §5.6.3).
/// Lies in `text`, also if empty.
std::string_view trim(std::string_view text, std::string_view blanks = " \t");

}  // namespace tonearm
