#include "source/inner_bytes.h"

#include <unistd.h>

#include <algorithm>

namespace tonearm::source {
namespace {

constexpr std::uint64_t block = 4096;

}  // namespace

void InnerBytes::drop_before(std::uint64_t position) {
  if (position >= kept_end()) {
    kept_.clear();
    kept_first_ = std::max(position, kept_first_);
  } else if (position > kept_first_) {
    kept_.erase(0, static_cast<std::size_t>(position - kept_first_));
    kept_first_ = position;
  }
}

Result<void> InnerBytes::keep(const io::Chunk& chunk) {
  if (chunk.file() == nullptr) {
    kept_.append(reinterpret_cast<const char*>(chunk.memory().data()), chunk.memory().size());
    return {};
  }
  const io::FileRegion& region = *chunk.file();
  const std::size_t before = kept_.size();
  kept_.resize(before + static_cast<std::size_t>(region.size));
  const ssize_t got =
      ::pread(region.descriptor, kept_.data() + before, static_cast<std::size_t>(region.size),
              static_cast<off_t>(region.offset));
  if (got == static_cast<ssize_t>(region.size)) return {};
  return Error{ErrorKind::representation_changed, "the file shrank while it was read", {}};
}

io::Task<Result<void>> InnerBytes::pull_block() {
  const std::uint64_t first = kept_end();
  const std::uint64_t end = std::min(*extent_, first + block);
  if (first >= end) {
    ended_ = true;
    co_return Result<void>{};
  }
  const std::unique_ptr<io::ByteReader> reader = inner_.read(first, end);
  while (kept_end() < end) {
    const Result<io::Chunk> chunk = co_await reader->read();
    if (!chunk) co_return chunk.error();
    if (chunk->empty()) {
      ended_ = true;
      break;
    }
    const Result<void> kept = keep(*chunk);
    if (!kept) co_return kept;
  }
  co_return Result<void>{};
}

io::Task<Result<io::Chunk>> InnerBytes::next() {
  if (!pass_) pass_ = inner_.read(0, std::nullopt);
  if (ended_) co_return io::Chunk();
  Result<io::Chunk> chunk = co_await pass_->read();
  ended_ = chunk && chunk->empty();
  co_return chunk;
}

io::Task<Result<void>> InnerBytes::pull() {
  if (extent_) co_return co_await pull_block();
  const Result<io::Chunk> chunk = co_await next();
  if (!chunk) co_return chunk.error();
  co_return keep(*chunk);
}

io::Task<Result<void>> InnerBytes::skip_to(std::uint64_t position) {
  drop_before(std::min(position, kept_end()));
  while (kept_end() < position && !ended_) {
    const Result<void> pulled = co_await pull();
    if (!pulled) co_return pulled;
    drop_before(std::min(position, kept_end()));
  }
  co_return Result<void>{};
}

io::Task<Result<std::string_view>> InnerBytes::peek(http::ByteRange wanted) {
  if (extent_) {
    if (grows_) extent_ = std::max(*extent_, wanted.end);
    drop_before(wanted.first);
  } else {
    const Result<void> skipped = co_await skip_to(wanted.first);
    if (!skipped) co_return skipped.error();
  }
  while (kept_end() < wanted.end && !ended_) {
    const Result<void> pulled = co_await pull();
    if (!pulled) co_return pulled.error();
  }
  const std::string_view bytes = kept_;
  co_return bytes.substr(0, static_cast<std::size_t>(wanted.size()));
}

std::string_view InnerBytes::kept(std::uint64_t first, std::optional<std::uint64_t> end) const {
  if (first < kept_first_ || first >= kept_end()) return {};
  const std::uint64_t stop = std::min(kept_end(), end.value_or(kept_end()));
  if (stop <= first) return {};
  return std::string_view(kept_).substr(static_cast<std::size_t>(first - kept_first_),
                                        static_cast<std::size_t>(stop - first));
}

}  // namespace tonearm::source
