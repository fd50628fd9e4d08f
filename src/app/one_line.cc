#include "app/one_line.h"

#include <array>
#include <cstdio>

namespace tonearm::app {

std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      line += c;
      continue;
    }
    std::array<char, 8> escaped{};
    const int size = std::snprintf(escaped.data(), escaped.size(), "\\x%02x", byte);
    line.append(escaped.data(), static_cast<std::size_t>(size));
  }
  return line;
}

}  // namespace tonearm::app
