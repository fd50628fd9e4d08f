#include "app/one_line.h"

#include "tonearm/base/utf8.h"

#include <array>
#include <cstdio>

namespace tonearm::app {
namespace {

void append_escaped(std::string_view bytes, std::string& line) {
  for (const char c : bytes) {
    std::array<char, 8> escaped{};
    const int size = std::snprintf(escaped.data(), escaped.size(), "\\x%02x",
                                   static_cast<unsigned>(static_cast<unsigned char>(c)));
    line.append(escaped.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(character.size());
    // What is no UTF-8 is a control to a terminal of another character set.
    if (length == 0 || is_control(character)) {
      append_escaped(character, line);
    } else {
      line += character;
    }
  }
  return line;
}

}  // namespace tonearm::app
