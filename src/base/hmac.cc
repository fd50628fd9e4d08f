#include "tonearm/base/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace tonearm {

std::string hmac_sha256(std::string_view key, std::string_view text) {
  if (key.empty()) key = "";  // OpenSSL takes a null pointer for the key of the call before
  std::string digest(32, '\0');
  const unsigned char* const made =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  if (made == nullptr) throw std::runtime_error("HMAC-SHA256 is not to be had of OpenSSL");
  return digest;
}

}  // namespace tonearm
