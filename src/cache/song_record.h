#pragma once

#include "tonearm/http/representation.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tonearm::cache {

/// What stands in a song's record file: which version of what is kept (docs/cache-format.md). Only
/// versions of known length have one.
struct SongRecord {
  std::string key;  ///< The cache's key in full: names on disk are hashes of it.
  std::uint64_t version = 0;
  std::uint64_t slice_size = 0;
  /// Kept only whole: nothing proves that a later answer of the origin is of this version.
  bool whole_only = false;
  http::Representation what;
};

std::string encode_record(const SongRecord& record);

/// Empty for anything that encode_record() did not write: a wrong checksum, length or number.
std::optional<SongRecord> decode_record(std::string_view bytes);

/// More is not read of a record file.
inline constexpr std::size_t most_record_bytes = 64 * 1024;

}  // namespace tonearm::cache
