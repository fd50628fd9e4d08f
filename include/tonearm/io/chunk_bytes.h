#pragma once

#include "tonearm/base/result.h"
#include "tonearm/io/byte_stream.h"

#include <cstdint>
#include <string>

namespace tonearm::io {

/// `size` bytes of a chunk from `offset` on, wherever they are.
Chunk piece_of(const Chunk& chunk, std::uint64_t offset, std::uint64_t size);

/// Appends the bytes of a chunk, read where they are in a file; representation_changed when that
/// has become shorter.
Result<void> append(const Chunk& chunk, std::string& to);

}  // namespace tonearm::io
