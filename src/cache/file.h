#pragma once

#include "tonearm/io/owned_descriptor.h"

#include <sys/stat.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

namespace tonearm::cache {

/// What shows that somebody has touched a file: compared, never interpreted.
struct Stamp {
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified_s = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_s = 0;
  std::int64_t changed_ns = 0;
  std::uint64_t links = 0;
  std::uint64_t mode = 0;
  std::uint64_t owner = 0;
  std::uint64_t group = 0;
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

inline Stamp stamp_of(const struct stat& of) {
  return {of.st_ino,          of.st_size,  of.st_mtim.tv_sec, of.st_mtim.tv_nsec, of.st_ctim.tv_sec,
          of.st_ctim.tv_nsec, of.st_nlink, of.st_mode,        of.st_uid,          of.st_gid};
}

/// Whether the bytes are still what they were: a file that was only unlinked, or whose owner or
/// mode was set, is.
inline bool has_same_bytes(const Stamp& before, const Stamp& now) {
  const auto bytes = [](const Stamp& of) {
    return std::tuple(of.inode, of.size, of.modified_s, of.modified_ns);
  };
  const auto change = [](const Stamp& of) { return std::tuple(of.changed_s, of.changed_ns); };
  const auto rest = [](const Stamp& of) {
    return std::tuple(of.links, of.mode, of.owner, of.group);
  };
  return bytes(before) == bytes(now) &&
         (change(before) == change(now) || rest(before) != rest(now));
}

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

  // What is known of changes to it; guarded by the mutex of its Version.
  unsigned writing = 0;  ///< Writes of our own under way: a stamp says nothing.
  std::uint64_t writes = 0;
  Stamp written;              ///< After the last of them.
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
