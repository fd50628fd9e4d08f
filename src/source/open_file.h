#pragma once

#include "tonearm/base/result.h"
#include "tonearm/http/validators.h"
#include "tonearm/io/owned_descriptor.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace tonearm::source {

/// What tells one version of a file from another.
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
};

/// Whether the bytes are still those of `before`. Another `changed` alone says that they may not
/// be, unless attributes explain it: of a file that was linked, deleted or replaced by rename, or
/// whose owner or mode was set, the open one is what it was.
bool is_same_version(const FileStamp& before, const FileStamp& now);

/// A strong ETag of inode, size and time, and that time as Last-Modified, strong if it is a second
/// old.
http::Validators validators_of(const FileStamp& stamp, std::chrono::system_clock::time_point now);

/// A regular file that is open for reading.
class OpenFile {
 public:
  explicit OpenFile(io::OwnedDescriptor descriptor) : descriptor_(std::move(descriptor)) {}

  int descriptor() const { return descriptor_.get(); }
  /// Does not wait for a disk: the inode of an open file is in memory.
  Result<FileStamp> stamp() const;

 private:
  io::OwnedDescriptor descriptor_;
};

/// Opens `path` below `root`; waits for the disk. destination_not_found when it is not there,
/// origin_refused when it may not be read, bad_locator for what leads out of `root` or is no
/// regular file.
Result<std::shared_ptr<const OpenFile>> open_beneath(const std::string& root,
                                                     const std::string& path);

}  // namespace tonearm::source
