#pragma once

#include "tonearm/base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tonearm::http {

/// A request target (RFC 9112 §3.2, origin-form or absolute-form), percent-decoded once.
struct Target {
  std::string authority;  ///< Of absolute-form, as sent; else empty.
  std::string path;       ///< Decoded, begins with '/'. May hold any byte but NUL.
  std::vector<std::pair<std::string, std::string>> query;  ///< Decoded name and value, in order.

  /// The first parameter of this name.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

/// bad_request for anything that is not a valid target, or has a malformed escape or %00; but what
/// stands in the query unencoded (stray_bytes.h) counts as encoded.
/// `*` (asterisk-form) yields the path "*".
Result<Target> parse_target(std::string_view target);

/// 1 to 128 of `A-Z a-z 0-9 . _ ~ -`, not "." or "..".
bool is_song_id(std::string_view id);

}  // namespace tonearm::http
