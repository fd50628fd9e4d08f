#include "server/cors.h"

#include "tonearm/base/ascii.h"

#include "server/error_response.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tonearm::server {
namespace {

constexpr std::string_view exposed_fields = "Content-Range, Accept-Ranges, Content-Length, ETag";
constexpr std::string_view allowed_fields = "Range, If-Range, Authorization";
constexpr std::uint64_t preflight_seconds = 600;

using SchemePort = std::pair<std::string_view, std::string_view>;
constexpr std::array<SchemePort, 2> default_ports{{{"http://", ":80"}, {"https://", ":443"}}};

/// An origin as browsers write it (RFC 6454 §6.2): without the port that its scheme has anyway.
std::string canonical(std::string_view written) {
  std::string origin = to_lower(written);
  if (origin.ends_with('/')) origin.pop_back();
  for (const auto& [scheme, port] : default_ports) {
    if (!origin.starts_with(scheme) || !origin.ends_with(port)) continue;
    origin.erase(origin.size() - port.size());
  }
  return origin;
}

}  // namespace

Cors::Cors(std::span<const std::string> allowed_origins)
    : any_(std::ranges::find(allowed_origins, "*") != allowed_origins.end()) {
  if (any_) return;
  for (const std::string& origin : allowed_origins) origins_.push_back(canonical(origin));
}

void Cors::add_fields(http::ResponseHead& head, std::string_view origin) const {
  if (add_origin(head, origin)) head.add("Access-Control-Expose-Headers", exposed_fields);
}

void Cors::add_preflight_fields(http::ResponseHead& head, std::string_view origin) const {
  if (!add_origin(head, origin)) return;
  head.add("Access-Control-Allow-Methods", client_methods);
  head.add("Access-Control-Allow-Headers", allowed_fields);
  head.add("Access-Control-Max-Age", preflight_seconds);
}

bool Cors::add_origin(http::ResponseHead& head, std::string_view origin) const {
  if (any_) {
    head.add("Access-Control-Allow-Origin", "*");
    return true;
  }
  if (origins_.empty()) return false;
  // Also when this origin is refused, or a cache would give the refusal to one that is not.
  head.add("Vary", "Origin");
  if (std::ranges::find(origins_, canonical(origin)) == origins_.end()) return false;
  head.add("Access-Control-Allow-Origin", origin);
  return true;
}

}  // namespace tonearm::server
