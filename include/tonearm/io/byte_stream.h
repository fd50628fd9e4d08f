#pragma once

#include "tonearm/base/result.h"
#include "tonearm/io/task.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

namespace tonearm::io {

/// A region of an open file, to leave by sendfile. The descriptor stays the reader's.
struct FileRegion {
  int descriptor = -1;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// Some bytes on their way: memory or a region of a file. It owns nothing: what it points to is the
/// reader's, and valid until the reader's next read() or its destruction. An empty one is the end.
class Chunk {
 public:
  Chunk() = default;
  explicit Chunk(std::span<const std::byte> memory) : bytes_(memory) {}
  explicit Chunk(FileRegion region) : bytes_(region) {}

  std::uint64_t size() const {
    if (const auto* region = std::get_if<FileRegion>(&bytes_)) return region->size;
    return std::get<std::span<const std::byte>>(bytes_).size();
  }
  bool empty() const { return size() == 0; }
  const FileRegion* file() const { return std::get_if<FileRegion>(&bytes_); }
  /// The memory; only when file() is null.
  std::span<const std::byte> memory() const { return std::get<std::span<const std::byte>>(bytes_); }

 private:
  std::variant<std::span<const std::byte>, FileRegion> bytes_;
};

/// Where bytes come from: pulled, so that nobody reads faster than somebody takes. One loop, one
/// read() at a time. Destroying a reader stops what it started.
class ByteReader {
 public:
  virtual ~ByteReader() = default;
  /// The next bytes in order, an empty chunk at the end, or why there are no more.
  virtual Task<Result<Chunk>> read() = 0;
};

/// Where bytes go. One loop, one write() at a time.
class ByteWriter {
 public:
  virtual ~ByteWriter() = default;
  /// Returns when all of the chunk was taken, or with client_gone.
  virtual Task<Result<void>> write(Chunk chunk) = 0;
};

/// Whom bytes are for in the end. A write() may be long under way while they are taken one by one.
class Taker {
 public:
  virtual ~Taker() = default;
  /// A number that moves when some were taken, and not otherwise. Costs a system call.
  virtual std::uint64_t taken() = 0;
};

/// The only loop that moves bytes: from the reader to the writer, until the reader's end.
Task<Result<void>> pump(ByteReader& from, ByteWriter& to);

}  // namespace tonearm::io
