#include "tonearm/io/page_cache.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

namespace tonearm::io {
namespace {

/// Of one byte.
bool is_in_page_cache(int descriptor, std::uint64_t offset) {
  std::byte byte{};
  const iovec piece{&byte, 1};
  const ssize_t count = ::preadv2(descriptor, &piece, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  return count >= 0 || errno != EAGAIN;
}

}  // namespace

/// One look tells of as much as the kernel reads ahead by default: that came into memory at once,
/// and leaves it at about one time.
bool is_in_page_cache(int descriptor, std::uint64_t offset, std::uint64_t size) {
  constexpr std::uint64_t read_ahead = 128 * 1024;
  return is_in_page_cache(descriptor, offset + size - 1) &&
         (size <= read_ahead || is_in_page_cache(descriptor, offset));
}

void load_into_page_cache(int descriptor, std::uint64_t offset, std::uint64_t size) {
  std::array<std::byte, 64 * 1024> bytes;
  while (size > 0) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(size, bytes.size()));
    const ssize_t count = ::pread(descriptor, bytes.data(), most, static_cast<off_t>(offset));
    if (count <= 0) return;
    offset += static_cast<std::uint64_t>(count);
    size -= static_cast<std::uint64_t>(count);
  }
}

}  // namespace tonearm::io
