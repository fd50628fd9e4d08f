#pragma once

#include "tonearm/base/result.h"
#include "tonearm/http/request_head.h"

#include <array>
#include <span>
#include <string>
#include <vector>

namespace tonearm::server {

/// access.api_tokens (RFC 6750 §2.1). Holds their digests alone. Immutable, so any thread.
class BearerTokens {
 public:
  explicit BearerTokens(std::span<const std::string> tokens);

  /// Whether tokens are wanted at all.
  bool any() const { return !digests_.empty(); }
  /// `unauthorized` with a detail, unless Authorization holds one of them. Takes as long whichever
  /// it is, and whatever is wrong with it.
  Result<void> verify(const http::RequestHead& head) const;

 private:
  using Digest = std::array<unsigned char, 32>;
  static Digest digest_of(std::string_view token);

  std::vector<Digest> digests_;
};

}  // namespace tonearm::server
