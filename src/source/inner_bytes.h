#pragma once

#include "tonearm/io/deadline.h"
#include "tonearm/source/resource.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tonearm::source {

/// Reads a resource that another one stands before: a few bytes here and there, ascending, and then
/// what follows. Keeps what it has read but not yet handed on, so that no byte is asked for twice,
/// and reads what has no length in one pass. One loop, one operation at a time.
class InnerBytes {
 public:
  explicit InnerBytes(Resource& inner) : inner_(inner) {}

  /// Once `inner` is described. `extent`: the bytes that there are; empty: not known, in one pass.
  void set_extent(std::optional<std::uint64_t> extent) { extent_ = extent; }
  /// Instead of set_extent() where `inner` grows: `exists` is what there is by now.
  void set_growing(std::uint64_t exists) {
    extent_ = exists;
    grows_ = true;
  }

  /// These bytes, fewer where the resource ends. Of what grows, waits until they are there or
  /// growing has ended. Valid until the next call; never below an earlier one's first.
  io::Task<Result<std::string_view>> peek(http::ByteRange wanted);
  /// Of one pass, once a peek() has come to its end: where that is.
  std::uint64_t end_of_pass() const { return kept_end(); }
  /// Of one pass: drops all before `position`. Once `until` has passed, and more comes, it is over
  /// before; another call goes on.
  io::Task<Result<void>> skip_to(std::uint64_t position,
                                 io::Clock::time_point until = io::Clock::time_point::max());
  /// Of one pass: whether it has come to `position`, or to its end before.
  bool has_come_to(std::uint64_t position) const { return ended_ || kept_end() >= position; }

  /// What is kept of the bytes from `first` to `end` on; empty when nothing is.
  std::string_view kept(std::uint64_t first, std::optional<std::uint64_t> end) const;
  bool in_one_pass() const { return !extent_; }
  /// Of one pass, the next chunk behind what is kept. Whoever takes it has used that.
  io::Task<Result<io::Chunk>> next();

 private:
  std::uint64_t kept_end() const { return kept_first_ + kept_.size(); }
  void drop_before(std::uint64_t position);
  /// Appends to what is kept at least one byte, none at the end.
  io::Task<Result<void>> pull();
  io::Task<Result<void>> pull_block();

  Resource& inner_;
  std::optional<std::uint64_t> extent_;
  bool grows_ = false;
  std::unique_ptr<io::ByteReader> pass_;
  bool ended_ = false;
  std::uint64_t kept_first_ = 0;
  std::string kept_;
};

}  // namespace tonearm::source
