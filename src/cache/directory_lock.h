#pragma once

#include "tonearm/base/result.h"
#include "tonearm/io/owned_descriptor.h"

#include <string>

namespace tonearm::cache {

/// Of the processes that are told the same directory, the one that has this may use it. Blocks on
/// the disk. Not thread-safe.
class DirectoryLock {
 public:
  explicit DirectoryLock(std::string directory);

  /// Makes the directory when it is not there. The error says in a few words why it is not ours.
  Result<void> take();
  /// Whether the lock is the one that others find there: the directory was not removed, emptied or
  /// replaced. Also while that cannot be told.
  bool still_holds() const;
  void release() { lock_ = {}; }

 private:
  const std::string directory_;
  const std::string name_;
  io::OwnedDescriptor lock_;
};

}  // namespace tonearm::cache
