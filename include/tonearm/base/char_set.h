#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace tonearm {

/// The bytes that some rule of a grammar allows.
using CharSet = std::array<bool, 256>;

/// Letters, digits and `marks`.
constexpr CharSet make_char_set(std::string_view marks) {
  CharSet set{};
  for (unsigned c = '0'; c <= '9'; ++c) set[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) set[c] = set[c - 'a' + 'A'] = true;
  for (const char c : marks) set[static_cast<unsigned char>(c)] = true;
  return set;
}

constexpr bool contains(const CharSet& set, char c) { return set[static_cast<unsigned char>(c)]; }

constexpr bool consists_of(const CharSet& set, std::string_view text) {
  return std::ranges::all_of(text, [&](char c) { return contains(set, c); });
}

/// The longest start of `text` that consists of `set`.
constexpr std::string_view leading(const CharSet& set, std::string_view text) {
  const auto other = std::ranges::find_if_not(text, [&](char c) { return contains(set, c); });
  return text.substr(0, static_cast<std::size_t>(other - text.begin()));
}

/// What stands behind the letter that begins a URL's scheme (RFC 3986 §3.1).
inline constexpr CharSet scheme_chars = make_char_set("+-.");

}  // namespace tonearm
