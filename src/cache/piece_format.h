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

/// Where in a piece file its data begins, and where the checksum of its i-th block stands.
std::uint64_t data_offset(std::uint64_t slice_size);
std::uint64_t sum_offset(std::uint64_t index);

/// What a new piece file begins with, up to its data; no block is there yet.
std::string make_piece_head(const PieceId& id, std::uint64_t slice_size);

/// The checksums of the blocks (0: not there); empty when this is not the head of that very piece.
std::optional<std::vector<std::uint64_t>> read_piece_head(std::span<const std::byte> head,
                                                          const PieceId& id,
                                                          std::uint64_t slice_size);

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
