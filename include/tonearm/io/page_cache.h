#pragma once

#include <cstdint>

namespace tonearm::io {

/// Whether sendfile of `size` bytes (not 0) of an open file is not likely to wait for a disk. Where
/// that cannot be said (tmpfs), it is not.
bool is_in_page_cache(int descriptor, std::uint64_t offset, std::uint64_t size);

/// Reads them into the page cache; waits for the disk. What cannot be read is left to sendfile,
/// which meets the same and says so.
void load_into_page_cache(int descriptor, std::uint64_t offset, std::uint64_t size);

}  // namespace tonearm::io
