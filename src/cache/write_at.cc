#include "cache/write_at.h"

#include <climits>

#include <algorithm>
#include <cerrno>

namespace tonearm::cache {

Written write_at(int descriptor, std::span<iovec> pieces, std::uint64_t offset) {
  Written written;
  while (!pieces.empty()) {
    const auto most = static_cast<int>(std::min<std::size_t>(pieces.size(), IOV_MAX));
    const auto at = static_cast<off_t>(offset + written.bytes);
    const ssize_t count = ::pwritev(descriptor, pieces.data(), most, at);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      written.error = count < 0 ? errno : ENOSPC;
      return written;
    }
    auto left = static_cast<std::size_t>(count);
    written.bytes += left;
    while (!pieces.empty() && left >= pieces.front().iov_len) {
      left -= pieces.front().iov_len;
      pieces = pieces.subspan(1);
    }
    if (left == 0) continue;
    pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + left;
    pieces.front().iov_len -= left;
  }
  return written;
}

Written write_at(int descriptor, std::string_view bytes, std::uint64_t offset) {
  // pwritev() does not write to it.
  iovec all{const_cast<char*>(bytes.data()), bytes.size()};
  return write_at(descriptor, std::span(&all, 1), offset);
}

}  // namespace tonearm::cache
