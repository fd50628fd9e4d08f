#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tonearm {

/// XXH3 (64 bits) of `bytes`: for who wants to see a change, and has no adversary. Pure.
std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t seed);
std::uint64_t checksum(std::string_view bytes, std::uint64_t seed);

/// 32 hexadecimal digits of XXH3 (128 bits): a name for what may be any text. Pure.
std::string hash_name(std::string_view key);

}  // namespace tonearm
