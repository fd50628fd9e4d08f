#pragma once

#include "tonearm/base/result.h"
#include "tonearm/http/validators.h"
#include "tonearm/io/file_stamp.h"
#include "tonearm/io/owned_descriptor.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace tonearm::source {

/// A strong ETag of inode, size and both times. The time of the last write as Last-Modified, strong
/// if it is a second old: a file that is copied or edited with its date kept is told apart by its
/// tag alone. Where it lies in the future, that is `now` (RFC 9110 §8.8.2.1).
http::Validators validators_of(const io::FileStamp& stamp,
                               std::chrono::system_clock::time_point now);

/// A regular file that is open for reading.
class OpenFile {
 public:
  explicit OpenFile(io::OwnedDescriptor descriptor) : descriptor_(std::move(descriptor)) {}

  int descriptor() const { return descriptor_.get(); }
  /// Does not wait for a disk: the inode of an open file is in memory.
  Result<io::FileStamp> stamp() const;

 private:
  io::OwnedDescriptor descriptor_;
};

/// Opens `path` below `root`; waits for the disk. destination_not_found when it is not there,
/// origin_refused when it may not be read, bad_locator for what leads out of `root` or is no
/// regular file.
Result<std::shared_ptr<const OpenFile>> open_beneath(const std::string& root,
                                                     const std::string& path);

}  // namespace tonearm::source
