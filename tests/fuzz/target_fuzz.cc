#include "tonearm/http/target.h"

#include "property.h"

using namespace tonearm::http;
using tonearm::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto target = parse_target(tonearm::fuzz::text_of(data, size));
  if (!target) {
    must(target.error().kind == tonearm::ErrorKind::bad_request, "a bad target is a bad request");
    return 0;
  }
  must(target->path == "*" || target->path.starts_with('/'), "a path begins with /");
  must(target->path.find('\0') == std::string::npos, "a path holds no NUL");
  must(target->path.size() <= size + 1, "decoding never makes it longer");
  if (is_song_id(target->path.substr(1))) {
    must(target->path.find('/', 1) == std::string::npos, "an id is one segment");
  }
  return 0;
}
