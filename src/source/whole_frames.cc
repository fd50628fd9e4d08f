#include "source/whole_frames.h"

#include "tonearm/io/chunk_bytes.h"

#include <algorithm>
#include <span>
#include <utility>

namespace tonearm::source {

WholeFrames::WholeFrames(std::unique_ptr<io::ByteReader> sound, std::size_t frame_size,
                         Passing passing)
    : sound_(std::move(sound)), frame_size_(frame_size), passing_(passing) {}

io::Chunk WholeFrames::take(std::uint64_t count) {
  const io::Chunk taken = io::piece_of(come_, 0, count);
  come_ = io::piece_of(come_, count, come_.size() - count);
  return taken;
}

/// Swapped, so that no frame costs an allocation.
io::Chunk WholeFrames::take_begun() {
  std::swap(taken_, begun_);
  begun_.clear();
  return io::Chunk(std::as_bytes(std::span(taken_)));
}

Result<io::Chunk> WholeFrames::complete_frame() {
  const std::uint64_t missing = frame_size_ - begun_.size();
  const Result<void> more = io::append(take(std::min(missing, come_.size())), begun_);
  if (!more) return more.error();
  if (begun_.size() < frame_size_) return io::Chunk();
  return take_begun();
}

Result<io::Chunk> WholeFrames::take_frames() {
  const io::Chunk frames = take(come_.size() - come_.size() % frame_size_);
  const Result<void> begun = io::append(take(come_.size()), begun_);
  if (!begun) return begun.error();
  return frames;
}

Result<io::Chunk> WholeFrames::hand_on() {
  if (passing_.lead > 0) {
    const io::Chunk passes = take(std::min(passing_.lead, come_.size()));
    passing_.lead -= passes.size();
    return passes;
  }
  return begun_.empty() ? take_frames() : complete_frame();
}

io::Task<Result<io::Chunk>> WholeFrames::read() {
  for (;;) {
    if (come_.empty()) {
      const Result<io::Chunk> chunk = co_await sound_->read();
      if (!chunk) co_return chunk;
      come_ = *chunk;
      passing_.all -= std::min(passing_.all, come_.size());
    }
    if (come_.empty()) {
      if (passing_.all > 0) co_return io::Chunk();
      co_return take_begun();
    }
    Result<io::Chunk> next = hand_on();
    if (!next || !next->empty()) co_return next;
  }
}

}  // namespace tonearm::source
