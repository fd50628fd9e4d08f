#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace tonearm {

/// The number that all of `text` is, in digits of base 10 and with '-' alone for a sign; nothing
/// when it is none, is surrounded by anything, or does not fit. No locale has a say. For a
/// floating-point type it may have an exponent, and "inf" and "nan" are numbers: who wants a finite
/// one must ask.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

/// In digits of base 10. std::to_string would make a string of its own for each.
inline void append_number(std::string& text, std::uint64_t value) {
  std::array<char, 20> digits;
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

}  // namespace tonearm
