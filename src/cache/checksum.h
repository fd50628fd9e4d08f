#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tonearm::cache {

/// XXH3 (64 bits) of `bytes`. Pure.
std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t seed);
std::uint64_t checksum(std::string_view bytes, std::uint64_t seed);

/// 32 hexadecimal digits of XXH3 (128 bits): what a key is called on disk.
std::string hash_name(std::string_view key);

}  // namespace tonearm::cache
