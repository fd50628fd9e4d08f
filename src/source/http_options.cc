#include "tonearm/source/http_options.h"

#include "tonearm/base/ascii.h"

#include <algorithm>
#include <array>

namespace tonearm::source {
namespace {

bool begins_with(std::string_view name, std::string_view prefix) {
  return iequals(name.substr(0, prefix.size()), prefix);
}

}  // namespace

bool is_own_field(std::string_view name) {
  constexpr std::array<std::string_view, 12> own{
      "host",    "range",   "accept-encoding", "connection",        "keep-alive", "te",
      "trailer", "upgrade", "expect",          "transfer-encoding", "forwarded",  "content-length"};
  if (begins_with(name, "if-") || begins_with(name, "proxy-")) return true;
  return std::ranges::any_of(own, [&](std::string_view one) { return iequals(one, name); });
}

}  // namespace tonearm::source
