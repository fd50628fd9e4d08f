#include "source/inner_bytes.h"

#include "tonearm/io/chunk_bytes.h"

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
    const Result<void> kept = io::append(*chunk, kept_);
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
  co_return io::append(*chunk, kept_);
}

io::Task<Result<void>> InnerBytes::skip_to(std::uint64_t position, io::Clock::time_point until) {
  drop_before(std::min(position, kept_end()));
  while (!has_come_to(position) && io::Clock::now() < until) {
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
