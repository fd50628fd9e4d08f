#pragma once

#include "tonearm/io/owned_descriptor.h"

#include <sys/stat.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace tonearm::cache {

/// The open file of a piece, closed with its last owner.
class File {
 public:
  explicit File(io::OwnedDescriptor descriptor) : descriptor_(std::move(descriptor)) {
    ++open_count();
  }
  ~File() { --open_count(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int descriptor() const { return descriptor_.get(); }
  /// How many are open in this process.
  static std::atomic<std::size_t>& open_count() {
    static std::atomic<std::size_t> count = 0;
    return count;
  }

 private:
  io::OwnedDescriptor descriptor_;
};

/// What shows that somebody has touched a file: compared, never interpreted.
struct Stamp {
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified_s = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_s = 0;
  std::int64_t changed_ns = 0;
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

inline Stamp stamp_of(const struct stat& of) {
  return {of.st_ino,          of.st_size,        of.st_mtim.tv_sec,
          of.st_mtim.tv_nsec, of.st_ctim.tv_sec, of.st_ctim.tv_nsec};
}

}  // namespace tonearm::cache
