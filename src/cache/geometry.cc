#include "cache/geometry.h"

#include <algorithm>

namespace tonearm::cache {

http::ByteRange Geometry::bytes_of_block(std::uint64_t block) const {
  const std::uint64_t first = std::min(length, block * block_size);
  return {first, std::min(length, first + block_size)};
}

bool Geometry::ends_batch(std::uint64_t block) const {
  const std::uint64_t behind = block % blocks_per_slice() + 1;
  return behind % (batch_size / block_size) == 0 || behind == blocks_per_slice();
}

std::uint64_t Geometry::slice_end(std::uint64_t position) const {
  return std::min(length, (slice_at(position) + 1) * slice_size);
}

std::uint64_t Geometry::index_at(std::uint64_t slice) const {
  if (slice >= slices()) return 0;
  return whole_pages(std::min(slice_size, length - slice * slice_size));
}

http::ByteRange Geometry::align(std::uint64_t first, std::uint64_t end) const {
  if (first >= end || first >= length) return {std::min(first, length), std::min(first, length)};
  return {block_at(first) * block_size, std::min(length, (block_at(end - 1) + 1) * block_size)};
}

std::uint64_t usable_slice_size(std::uint64_t configured) {
  return std::max<std::uint64_t>(1, configured / block_size) * block_size;
}

std::optional<http::RangeSpec> align(const http::RangeSpec& asked) {
  if (asked.is_suffix()) return std::nullopt;
  http::RangeSpec aligned;
  aligned.first = *asked.first / block_size * block_size;
  // What reaches past any length is open-ended in truth.
  if (asked.last && *asked.last < endless) {
    aligned.last = (*asked.last / block_size + 1) * block_size - 1;
  }
  return aligned;
}

}  // namespace tonearm::cache
