#pragma once

#include "cache/disk.h"
#include "cache/version.h"

#include <cstdint>
#include <string>

namespace tonearm::cache {

/// Where a fill writes to, and what of it its readers have not come to yet: that makes no room.
/// Whoever has one gives it back before the disk goes.
class Claim {
 public:
  Claim(Disk& disk, const Version& version)
      : disk_(disk),
        song_(version.song()),
        version_(version.number()),
        slice_size_(version.geometry().slice_size) {}
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  std::uint64_t slice_at(std::uint64_t position) const { return position / slice_size_; }
  /// The slices that hold bytes of [from, to) are claimed, instead of those before.
  void move_to(std::uint64_t from, std::uint64_t to) {
    const std::uint64_t first = from < to ? slice_at(from) : 0;
    const std::uint64_t end = from < to ? slice_at(to - 1) + 1 : 0;
    if (first == first_ && end == end_) return;
    first_ = first;
    end_ = end;
    disk_.claim(this, song_, version_, first, end);
  }

 private:
  Disk& disk_;
  const std::string song_;
  const std::uint64_t version_;
  const std::uint64_t slice_size_;
  std::uint64_t first_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace tonearm::cache
