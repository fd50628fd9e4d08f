#include "tonearm/base/checksum.h"

#include <boost/algorithm/hex.hpp>

#include <iterator>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tonearm {

std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::uint64_t checksum(std::string_view bytes, std::uint64_t seed) {
  return checksum(std::as_bytes(std::span(bytes)), seed);
}

std::string hash_name(std::string_view key) {
  XXH128_canonical_t digest;  // big-endian
  XXH128_canonicalFromHash(&digest, XXH3_128bits(key.data(), key.size()));
  std::string text(2 * sizeof digest.digest, '\0');
  boost::algorithm::hex_lower(std::begin(digest.digest), std::end(digest.digest), text.begin());
  return text;
}

}  // namespace tonearm
