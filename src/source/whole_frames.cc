#include "source/whole_frames.h"

#include <algorithm>
#include <utility>

namespace tonearm::source {

WholeFrames::WholeFrames(std::unique_ptr<io::ByteReader> sound, std::size_t frame_size,
                         Passing passing)
    : sound_(std::move(sound)), frame_size_(frame_size), passing_(passing) {}

WholeFrames::Bytes WholeFrames::take(std::size_t count) {
  const Bytes taken = come_.first(count);
  come_ = come_.subspan(count);
  return taken;
}

/// Swapped, so that no frame costs an allocation.
WholeFrames::Bytes WholeFrames::take_begun() {
  std::swap(taken_, begun_);
  begun_.clear();
  return taken_;
}

WholeFrames::Bytes WholeFrames::complete_frame() {
  const Bytes more = take(std::min(frame_size_ - begun_.size(), come_.size()));
  begun_.insert(begun_.end(), more.begin(), more.end());
  if (begun_.size() < frame_size_) return {};
  return take_begun();
}

WholeFrames::Bytes WholeFrames::take_frames() {
  const Bytes frames = take(come_.size() - come_.size() % frame_size_);
  begun_.assign(come_.begin(), come_.end());
  come_ = {};
  return frames;
}

io::Task<Result<io::Chunk>> WholeFrames::read() {
  for (;;) {
    if (come_.empty()) {
      const Result<io::Chunk> chunk = co_await sound_->read();
      if (!chunk) co_return chunk;
      come_ = chunk->memory();
      passing_.all -= std::min<std::uint64_t>(passing_.all, come_.size());
    }
    if (come_.empty()) {
      if (passing_.all > 0) co_return io::Chunk();
      co_return io::Chunk(take_begun());
    }
    Bytes next;
    if (passing_.lead > 0) {
      next = take(static_cast<std::size_t>(std::min<std::uint64_t>(passing_.lead, come_.size())));
      passing_.lead -= next.size();
    } else {
      next = begun_.empty() ? take_frames() : complete_frame();
    }
    if (!next.empty()) co_return io::Chunk(next);
  }
}

}  // namespace tonearm::source
