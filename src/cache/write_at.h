#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <string_view>

namespace tonearm::cache {

/// How far a write came, and why no further.
struct Written {
  std::uint64_t bytes = 0;
  int error = 0;  ///< As errno; 0: all was written.
};

/// Blocks. What lies in `pieces`, one behind the other; consumes them.
Written write_at(int descriptor, std::span<iovec> pieces, std::uint64_t offset);
Written write_at(int descriptor, std::string_view bytes, std::uint64_t offset);

}  // namespace tonearm::cache
