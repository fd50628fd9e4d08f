#include "server/bearer_tokens.h"

#include "tonearm/base/ascii.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <string_view>

namespace tonearm::server {

BearerTokens::BearerTokens(std::span<const std::string> tokens) {
  for (const std::string& token : tokens) digests_.push_back(digest_of(token));
}

BearerTokens::Digest BearerTokens::digest_of(std::string_view token) {
  Digest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

Result<void> BearerTokens::verify(const http::RequestHead& head) const {
  const auto is_authorization = [](const auto& line) {
    return line.id == http::field::authorization;
  };
  const auto count = std::ranges::count_if(head.fields, is_authorization);
  std::string_view value = head.get(http::field::authorization);
  constexpr std::string_view scheme = "Bearer ";
  if (count != 1 || !istarts_with(value, scheme)) {
    return Error{ErrorKind::unauthorized, "A token is missing: Authorization: Bearer TOKEN.", {}};
  }
  value.remove_prefix(std::min(value.find_first_not_of(' ', scheme.size()), value.size()));
  const Digest given = digest_of(value);
  bool good = false;
  for (const Digest& digest : digests_) {
    if (CRYPTO_memcmp(digest.data(), given.data(), given.size()) == 0) good = true;
  }
  if (!good) return Error{ErrorKind::unauthorized, "The token is not a valid one.", {}};
  return {};
}

}  // namespace tonearm::server
