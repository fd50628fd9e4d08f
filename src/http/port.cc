#include "tonearm/http/port.h"

#include "tonearm/base/number.h"

#include <cstdint>

namespace tonearm::http {

bool is_port(std::string_view digits) {
  return parse_number<std::uint16_t>(digits).value_or(0) != 0;
}

}  // namespace tonearm::http
