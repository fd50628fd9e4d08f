#pragma once

#include "tonearm/base/result.h"
#include "tonearm/http/target.h"
#include "tonearm/http/validators.h"
#include "tonearm/server/client_address.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tonearm::server {

/// Signs and verifies links with access.signing_keys: HMAC-SHA256, base64url without padding.
/// Immutable, so any thread.
class LinkSigner {
 public:
  /// The first signs, all verify; none: links are not signed and all are good.
  explicit LinkSigner(std::vector<std::string> keys) : keys_(std::move(keys)) {}

  bool has_keys() const { return !keys_.empty(); }

  /// `target` with `exp=…[&bind=ip]&sig=…` behind it. It is a path as it stands in a URL, with or
  /// without a query, but without the prefix of server.public_url; bad_request when it is no valid
  /// one, or has such parameters already. Only with keys. With `bound` it is good for that address
  /// alone.
  Result<std::string> sign(std::string_view target, http::HttpTime expires,
                           const std::optional<Address>& bound = std::nullopt) const;

  /// `forbidden` with a detail that says why; always good without keys. `client` counts for bound
  /// links alone. Takes as long whatever the signature is.
  Result<void> verify(const http::Target& target, http::HttpTime now,
                      const std::optional<Address>& client) const;

 private:
  std::vector<std::string> keys_;
};

}  // namespace tonearm::server
