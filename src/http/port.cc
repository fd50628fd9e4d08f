#include "tonearm/http/port.h"

#include <charconv>
#include <cstdint>

namespace tonearm::http {

bool is_port(std::string_view digits) {
  std::uint16_t port = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, port);
  return error == std::errc() && stop == end && port != 0;
}

}  // namespace tonearm::http
