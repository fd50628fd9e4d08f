#include "catalog/file_uri.h"

namespace tonearm::catalog {

std::string file_uri(std::string_view absolute_path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view meaningful = "%?#";
  std::string uri = "file:";
  for (const char c : absolute_path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && meaningful.find(c) == std::string_view::npos) {
      uri += c;
    } else {
      uri += '%';
      uri += digits[byte >> 4U];
      uri += digits[byte & 0xfU];
    }
  }
  return uri;
}

}  // namespace tonearm::catalog
