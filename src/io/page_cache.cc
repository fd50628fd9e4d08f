#include "tonearm/io/page_cache.h"

#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace tonearm::io {
namespace {

ssize_t read_without_waiting(int descriptor, std::uint64_t offset, std::span<std::byte> bytes) {
  const iovec piece{bytes.data(), bytes.size()};
  return ::preadv2(descriptor, &piece, 1, static_cast<off_t>(offset), RWF_NOWAIT);
}

bool has_byte(int descriptor, std::uint64_t offset) {
  std::byte byte{};
  const ssize_t count = read_without_waiting(descriptor, offset, std::span(&byte, 1));
  return count >= 0 || errno != EAGAIN;
}

}  // namespace

/// A folio is in memory as a whole or not at all. What a fill wrote at once lies in one of up to
/// 256 KiB, what was read back mostly in ones of the kernel's usual readahead.
bool is_in_page_cache(int descriptor, std::uint64_t offset, std::uint64_t size) {
  constexpr std::uint64_t folio = 128 * 1024;
  for (std::uint64_t at = offset; at < offset + size; at += folio - at % folio) {
    if (!has_byte(descriptor, at)) return false;
  }
  return true;
}

std::size_t read_from_page_cache(int descriptor, std::uint64_t offset, std::span<std::byte> bytes) {
  const ssize_t count = read_without_waiting(descriptor, offset, bytes);
  if (count >= 0) return static_cast<std::size_t>(count);
  return errno == EAGAIN ? 0 : read_from_disk(descriptor, offset, bytes);
}

std::size_t read_from_disk(int descriptor, std::uint64_t offset, std::span<std::byte> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::pread(descriptor, bytes.data() + done, bytes.size() - done,
                                  static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

}  // namespace tonearm::io
