#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tonearm::cache {

/// Which slice of which version a piece file holds.
struct PieceId {
  std::string song;  ///< hash_name() of the key.
  std::uint64_t version = 0;
  std::uint64_t slice = 0;
  friend bool operator==(const PieceId&, const PieceId&) = default;
};

/// A piece file is its slice, each byte at its own offset (so that the page cache keeps it in large
/// folios), and behind it, where Geometry says, the index: whose piece it is, and the checksum of
/// each block that a whole slice has. Where that of the i-th block stands in a file whose index is
/// at `index_at`, and the size of an index:
std::uint64_t sum_offset(std::uint64_t index_at, std::uint64_t i);
std::uint64_t index_size(std::uint64_t slice_size);

/// The index of a piece that has blocks with these checksums; of a new one, without any.
std::string make_index(const PieceId& id, std::uint64_t slice_size,
                       std::span<const std::uint64_t> sums = {});

/// The checksums of the blocks (0: not there); empty when this is not the index of that very piece.
std::optional<std::vector<std::uint64_t>> read_index(std::span<const std::byte> index,
                                                     const PieceId& id, std::uint64_t slice_size);

/// Of a block's bytes; never 0. Bound to its place: a block of another one does not pass.
std::uint64_t block_sum(std::span<const std::byte> bytes, std::uint64_t version,
                        std::uint64_t block);

/// File names in the cache directory.
std::string record_name(std::string_view song);
std::string piece_name(const PieceId& id);

/// What a file in the cache directory is.
struct FileName {
  enum class Kind { record, piece, temporary, foreign };
  Kind kind = Kind::foreign;
  PieceId id;  ///< Only `song` for a record.
};
FileName parse_file_name(std::string_view name);

}  // namespace tonearm::cache
