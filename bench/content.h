#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace tonearm::bench {

/// What a song's bytes are, so that whoever receives them can tell each one wrong: eight bytes at a
/// time, from the song's number and the offset / 8 (splitmix64).
inline std::uint64_t word_at(std::uint64_t song, std::uint64_t index) {
  std::uint64_t z = (song << 40) + (index + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

inline char byte_at(std::uint64_t song, std::uint64_t offset) {
  const std::uint64_t word = word_at(song, offset / 8);
  return reinterpret_cast<const char*>(&word)[offset % 8];
}

/// Writes the song's bytes from `offset` on.
inline void write_content(std::span<char> into, std::uint64_t song, std::uint64_t offset) {
  std::size_t done = 0;
  for (; done < into.size() && (offset + done) % 8 != 0; ++done) {
    into[done] = byte_at(song, offset + done);
  }
  for (; done + 8 <= into.size(); done += 8) {
    const std::uint64_t word = word_at(song, (offset + done) / 8);
    std::memcpy(into.data() + done, &word, 8);
  }
  for (; done < into.size(); ++done) into[done] = byte_at(song, offset + done);
}

/// Whether these are the song's bytes from `offset` on.
inline bool is_content(std::span<const char> bytes, std::uint64_t song, std::uint64_t offset) {
  std::size_t done = 0;
  for (; done < bytes.size() && (offset + done) % 8 != 0; ++done) {
    if (bytes[done] != byte_at(song, offset + done)) return false;
  }
  for (; done + 8 <= bytes.size(); done += 8) {
    const std::uint64_t word = word_at(song, (offset + done) / 8);
    if (std::memcmp(bytes.data() + done, &word, 8) != 0) return false;
  }
  for (; done < bytes.size(); ++done) {
    if (bytes[done] != byte_at(song, offset + done)) return false;
  }
  return true;
}

}  // namespace tonearm::bench
