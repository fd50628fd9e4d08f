#pragma once

#include <string>
#include <string_view>

namespace tonearm {

/// HMAC with SHA-256 (RFC 2104, FIPS 180-4): 32 bytes. Throws std::runtime_error when OpenSSL
/// cannot compute it.
std::string hmac_sha256(std::string_view key, std::string_view text);

}  // namespace tonearm
