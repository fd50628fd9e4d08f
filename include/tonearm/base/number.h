#pragma once

#include <charconv>
#include <optional>
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

}  // namespace tonearm
