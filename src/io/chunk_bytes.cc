#include "tonearm/io/chunk_bytes.h"

#include <unistd.h>

namespace tonearm::io {

Chunk piece_of(const Chunk& chunk, std::uint64_t offset, std::uint64_t size) {
  if (const FileRegion* region = chunk.file()) {
    return Chunk(FileRegion{region->descriptor, region->offset + offset, size});
  }
  return Chunk(
      chunk.memory().subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size)));
}

Result<void> append(const Chunk& chunk, std::string& to) {
  const auto size = static_cast<std::size_t>(chunk.size());
  if (chunk.file() == nullptr) {
    to.append(reinterpret_cast<const char*>(chunk.memory().data()), size);
    return {};
  }
  const FileRegion& region = *chunk.file();
  const std::size_t before = to.size();
  to.resize(before + size);
  const ssize_t got =
      ::pread(region.descriptor, to.data() + before, size, static_cast<off_t>(region.offset));
  if (got == static_cast<ssize_t>(size)) return {};
  return Error{ErrorKind::representation_changed, "the file shrank while it was read", {}};
}

}  // namespace tonearm::io
