#pragma once

#include "tonearm/http/response_head.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tonearm::server {

/// server.cors_origins, applied (Fetch standard, "CORS protocol"). Immutable, so any thread.
class Cors {
 public:
  /// `*` among them allows every origin; none turns CORS off. Case, a trailing slash
  /// and the scheme's own port do not count.
  explicit Cors(std::span<const std::string> allowed_origins);

  /// The fields of any answer but a preflight's. `origin` is the request's Origin field, empty when
  /// absent.
  void add_fields(http::ResponseHead& head, std::string_view origin) const;
  /// The fields of the 204 to OPTIONS: these instead of add_fields().
  void add_preflight_fields(http::ResponseHead& head, std::string_view origin) const;

 private:
  /// Adds Access-Control-Allow-Origin and Vary; whether the origin is allowed.
  bool add_origin(http::ResponseHead& head, std::string_view origin) const;

  bool any_ = false;
  std::vector<std::string> origins_;
};

}  // namespace tonearm::server
