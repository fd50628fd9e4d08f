#pragma once

#include <string>
#include <string_view>

namespace tonearm {

/// HMAC with SHA-256 (RFC 2104, FIPS 180-4): 32 bytes. Throws where OpenSSL has none.
std::string hmac_sha256(std::string_view key, std::string_view text);

}  // namespace tonearm
