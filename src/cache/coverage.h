#pragma once

#include "tonearm/http/range.h"
#include "tonearm/io/task.h"

#include "cache/store.h"
#include "cache/version.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace tonearm::cache {

/// What was seen of an answer from a version before the answer's head: as far as that is cheap.
struct Coverage {
  /// All of it was looked at.
  bool is_sure() const { return unknown.empty() && !cut_short; }
  /// All of it is kept: that is not said of what nobody has looked at.
  bool all() const { return is_sure() && !misses; }

  bool begins = true;      ///< Its first byte is kept.
  bool some = false;       ///< A part of it is.
  bool misses = false;     ///< A part is not.
  bool cut_short = false;  ///< There is more than can be looked at.
  std::size_t looks = 0;
  std::uint64_t kept_to = 0;  ///< Where what is not kept of the first part begins, or its end.
  /// Positions of which only the disk can tell, those of the first pieces. What is there is taken
  /// for a part that is kept.
  std::vector<std::uint64_t> unknown;
};

/// What of a song an answer reads, in this order. `what`: as the answer is planned on it.
http::ByteRanges parts_read(const source::ReadIntent& intent, const http::Representation& what,
                            const Geometry& geometry);

/// Without a look at the disk. `parts`: what the answer is made of, one at least.
Coverage coverage_of(Version& version, const http::ByteRanges& parts);

/// Whether all of it has come, although the disk may not have it yet: what is not kept is in the
/// memory of a fill.
bool has_come(Version& version, const http::ByteRanges& parts);

/// Whether a fill that is on its way has come to all of them, or is about to.
bool comes_soon(Version& version, const http::ByteRanges& parts);

/// The same as coverage_of(), with the disk asked about what was unknown `before`.
io::Task<Coverage> load_coverage(Store& store, std::shared_ptr<Version> version,
                                 const http::ByteRanges& parts, const Coverage& before);

/// Whether only the disk can tell, or bring, the byte at `position`.
bool waits_for_disk(Version& version, std::uint64_t position);

/// Whether nothing has been lost of a version that is kept only whole: what is can only be had with
/// all the rest, from another visit, and that must be known before the head is out. False with one
/// that is not dead: that cannot be told now.
io::Task<bool> is_whole(Store& store, std::shared_ptr<Version> version);

/// Reads on the pool which blocks the piece at `position` has. False: that cannot be told now.
io::Task<bool> load_piece(Store& store, std::shared_ptr<Version> version, std::uint64_t position);

}  // namespace tonearm::cache
