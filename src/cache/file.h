#pragma once

#include "tonearm/io/file_stamp.h"
#include "tonearm/io/owned_descriptor.h"

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

  /// Where its index stands: set by who made or opened it, before anybody else has it, and when the
  /// index moves, while nobody else writes.
  std::uint64_t index_at = 0;

  // What is known of changes to it; guarded by the mutex of its Version.
  unsigned writing = 0;  ///< Writes of our own under way: a stamp says nothing.
  std::uint64_t writes = 0;
  io::FileStamp written;      ///< After the last of them.
  std::uint64_t altered = 0;  ///< How often somebody else was seen to have changed its bytes.

  /// How many are open in this process.
  static std::atomic<std::size_t>& open_count() {
    static std::atomic<std::size_t> count = 0;
    return count;
  }

 private:
  io::OwnedDescriptor descriptor_;
};

}  // namespace tonearm::cache
