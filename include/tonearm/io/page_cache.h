#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tonearm::io {

/// Whether sendfile of `size` bytes (not 0) of an open file is not likely to wait for a disk: by
/// one look for each 128 KiB of the file that they lie in. Where that cannot be said (tmpfs), it is
/// not.
bool is_in_page_cache(int descriptor, std::uint64_t offset, std::uint64_t size);

/// Reads what lies at `offset` and is in the page cache, as far as that goes without a gap; waits
/// for no disk. Where that cannot be said (tmpfs), reads all. The number of bytes.
std::size_t read_from_page_cache(int descriptor, std::uint64_t offset, std::span<std::byte> bytes);

/// Reads what lies at `offset`; waits for the disk. The number of bytes, fewer than wanted where
/// the file ends or cannot be read.
std::size_t read_from_disk(int descriptor, std::uint64_t offset, std::span<std::byte> bytes);

}  // namespace tonearm::io
