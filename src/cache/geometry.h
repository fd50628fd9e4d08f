#pragma once

#include "tonearm/http/range.h"

#include <cstdint>
#include <limits>
#include <optional>

namespace tonearm::cache {

/// What is known, fetched and checked as one. Small, so that a cold seek costs the origin little.
inline constexpr std::uint64_t block_size = 32 * 1024;

/// What is written at a time: a hop to the pool costs more than a small write, and what is written
/// together lies in larger folios of the page cache, with which sendfile is quicker.
inline constexpr std::uint64_t batch_size = 256 * 1024;

/// What file systems hand out room in.
inline constexpr std::uint64_t page_size = 4096;

inline std::uint64_t whole_pages(std::uint64_t bytes) {
  return (bytes + page_size - 1) / page_size * page_size;
}

/// A version whose length is not known yet has this one. Nothing is kept that is as long.
inline constexpr std::uint64_t endless = std::numeric_limits<std::uint64_t>::max() / 4;

/// How a version of `length` bytes lies in slices (files) of `slice_size` bytes, a multiple of
/// block_size, and in blocks, numbered from 0 over the whole. Pure; the last of each may be short.
struct Geometry {
  std::uint64_t slice_size = 1024 * 1024;
  std::uint64_t length = 0;

  std::uint64_t blocks_per_slice() const { return slice_size / block_size; }
  std::uint64_t slice_at(std::uint64_t position) const { return position / slice_size; }
  std::uint64_t slice_of_block(std::uint64_t block) const { return block / blocks_per_slice(); }
  /// The bytes of a block; empty when it lies behind the end.
  http::ByteRange bytes_of_block(std::uint64_t block) const;
  /// In a piece's file batches begin at multiples of batch_size; the last one ends with the piece.
  bool ends_batch(std::uint64_t block) const;
  std::uint64_t slices() const { return (length + slice_size - 1) / slice_size; }
  /// The first byte behind the slice that holds `position`.
  std::uint64_t slice_end(std::uint64_t position) const;
  /// Where in a slice's file its index stands: at the first page behind the data, so that the file
  /// is no larger than what it takes once all of it is there. Behind a whole slice while the length
  /// is not known.
  std::uint64_t index_at(std::uint64_t slice) const;
  /// The blocks that hold a byte of [first, end): as bytes.
  http::ByteRange align(std::uint64_t first, std::uint64_t end) const;
};

inline std::uint64_t block_at(std::uint64_t position) { return position / block_size; }

/// slice sizes as configured are rounded down to whole blocks, at least one.
std::uint64_t usable_slice_size(std::uint64_t configured);

/// A range as asked, widened to whole blocks while the length is not known. Suffixes say nothing of
/// where they begin: empty.
std::optional<http::RangeSpec> align(const http::RangeSpec& asked);

}  // namespace tonearm::cache
