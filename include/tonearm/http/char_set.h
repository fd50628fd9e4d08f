#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace tonearm::http {

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

constexpr bool consists_of(const CharSet& set, std::string_view text) {
  return std::ranges::all_of(text, [&](char c) { return set[static_cast<unsigned char>(c)]; });
}

}  // namespace tonearm::http
