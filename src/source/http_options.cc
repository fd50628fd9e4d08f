#include "tonearm/source/http_options.h"

#include "tonearm/base/ascii.h"

#include <algorithm>
#include <array>

namespace tonearm::source {

bool is_own_field(std::string_view name) {
  constexpr std::array<std::string_view, 12> own{
      "host",    "range",   "accept-encoding", "connection",        "keep-alive", "te",
      "trailer", "upgrade", "expect",          "transfer-encoding", "forwarded",  "content-length"};
  if (istarts_with(name, "if-") || istarts_with(name, "proxy-")) return true;
  return std::ranges::any_of(own, [&](std::string_view one) { return iequals(one, name); });
}

}  // namespace tonearm::source
