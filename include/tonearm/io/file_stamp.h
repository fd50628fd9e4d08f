#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>

namespace tonearm::io {

/// What fstat tells of a file by which one version of it is told from another.
struct FileStamp {
  using Time = std::chrono::sys_time<std::chrono::nanoseconds>;

  /// What may become another without a byte being written.
  struct Attributes {
    std::uint32_t mode = 0;
    std::uint64_t links = 0;
    std::uint32_t owner = 0;
    std::uint32_t group = 0;

    friend bool operator==(const Attributes&, const Attributes&) = default;
  };

  std::uint64_t inode = 0;
  std::uint64_t size = 0;  ///< Bytes.
  Time modified;
  /// Of the inode: who sets `modified` back after writing cannot set this.
  Time changed;
  Attributes attributes;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

FileStamp stamp_of(const struct stat& file);

/// Whether the bytes are still those of `before`. Another `changed` alone says that they may not
/// be, unless attributes explain it: of a file that was linked, deleted or replaced by rename, or
/// whose owner or mode was set, the open one is what it was.
bool has_same_bytes(const FileStamp& before, const FileStamp& now);

}  // namespace tonearm::io
