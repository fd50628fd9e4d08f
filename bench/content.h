#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace tonearm::bench {

/// What songs' bytes are, so that whoever receives them can tell each one wrong: a ring of random
/// bytes, entered at a place of the song's own. Its length is prime, so that no slice, block or
/// page has the bytes of another; it fits into a core's cache, so that verifying costs next to
/// nothing beside receiving.
class Content {
 public:
  static constexpr std::size_t ring_size = 262139;

  /// Writes the song's bytes from `offset` on.
  void write(std::span<char> into, std::uint64_t song, std::uint64_t offset) const {
    while (!into.empty()) {
      const std::span<const char> run = run_at(song, offset, into.size());
      std::memcpy(into.data(), run.data(), run.size());
      into = into.subspan(run.size());
      offset += run.size();
    }
  }

  /// Whether these are the song's bytes from `offset` on.
  bool is(std::span<const char> bytes, std::uint64_t song, std::uint64_t offset) const {
    while (!bytes.empty()) {
      const std::span<const char> run = run_at(song, offset, bytes.size());
      if (std::memcmp(bytes.data(), run.data(), run.size()) != 0) return false;
      bytes = bytes.subspan(run.size());
      offset += run.size();
    }
    return true;
  }

 private:
  using Ring = std::array<char, ring_size>;

  /// splitmix64.
  static Ring random_bytes() {
    Ring bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      std::uint64_t z = (i + 1) * 0x9E3779B97F4A7C15U;
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
      bytes[i] = static_cast<char>(z >> 56);
    }
    return bytes;
  }

  /// At most `most` bytes, up to where the ring closes.
  std::span<const char> run_at(std::uint64_t song, std::uint64_t offset, std::size_t most) const {
    constexpr std::uint64_t songs_apart = 7919;
    const std::size_t at = (song * songs_apart + offset) % ring_size;
    return {ring_.data() + at, std::min(most, ring_size - at)};
  }

  Ring ring_ = random_bytes();
};

}  // namespace tonearm::bench
