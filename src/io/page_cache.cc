#include "tonearm/io/page_cache.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

namespace tonearm::io {
namespace {

ssize_t read_without_waiting(int descriptor, std::uint64_t offset, std::span<std::byte> bytes) {
  const iovec piece{bytes.data(), bytes.size()};
  return ::preadv2(descriptor, &piece, 1, static_cast<off_t>(offset), RWF_NOWAIT);
}

/// Of one byte.
bool is_in_page_cache(int descriptor, std::uint64_t offset) {
  std::byte byte{};
  const ssize_t count = read_without_waiting(descriptor, offset, std::span(&byte, 1));
  return count >= 0 || errno != EAGAIN;
}

}  // namespace

/// One look tells of what the cache's fills write at once: it lies in folios of that size or less,
/// which came into memory at about one time, and leave it so.
bool is_in_page_cache(int descriptor, std::uint64_t offset, std::uint64_t size) {
  constexpr std::uint64_t told_by_one = 256 * 1024;
  for (std::uint64_t end = offset + size; end > offset;
       end -= std::min(told_by_one, end - offset)) {
    if (!is_in_page_cache(descriptor, end - 1)) return false;
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

void load_into_page_cache(int descriptor, std::uint64_t offset, std::uint64_t size) {
  std::array<std::byte, 64 * 1024> bytes;
  while (size > 0) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(size, bytes.size()));
    const std::size_t count = read_from_disk(descriptor, offset, std::span(bytes).first(most));
    if (count == 0) return;
    offset += count;
    size -= count;
  }
}

}  // namespace tonearm::io
