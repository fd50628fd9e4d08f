#include "tonearm/http/target.h"

#include "property.h"

#include <string>

using namespace tonearm::http;
using tonearm::fuzz::must;

namespace {

unsigned nibble(char c) {
  if (c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a') + 10U;
}

/// Percent-decoding of what is known to be well formed.
std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%';
    out += escape ? static_cast<char>(nibble(text[i + 1]) * 16 + nibble(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = tonearm::fuzz::text_of(data, size);
  const auto target = parse_target(text);
  if (!target) {
    must(target.error().kind == tonearm::ErrorKind::bad_request, "a bad target is a bad request");
    return 0;
  }
  must(target->path == "*" || target->path.starts_with('/'), "a path begins with /");
  must(target->path.find('\0') == std::string::npos, "a path holds no NUL");
  must(target->path.size() <= size + 1, "decoding never makes it longer");
  if (text.starts_with('/')) {
    must(target->path == decode(text.substr(0, text.find('?'))), "a path is decoded exactly once");
  }
  for (const auto& [name, value] : target->query) {
    must((name + value).find('\0') == std::string::npos, "a query holds no NUL");
    must(target->parameter(name).has_value(), "a parameter is found by its name");
  }
  if (is_song_id(target->path.substr(1))) {
    must(target->path.find('/', 1) == std::string::npos, "an id is one segment");
  }
  return 0;
}
