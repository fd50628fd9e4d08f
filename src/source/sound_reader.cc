#include "source/sound_reader.h"

#include "tonearm/io/chunk_bytes.h"

#include <algorithm>
#include <span>
#include <utility>

namespace tonearm::source {

io::Chunk SoundReader::take(const io::Chunk& chunk) {
  std::uint64_t size = chunk.size();
  if (span_.end) size = std::min(size, *span_.end - span_.first);
  span_.first += size;
  return io::piece_of(chunk, 0, size);
}

io::Task<Result<io::Chunk>> SoundReader::read() {
  if (!span_.header.empty()) {
    const std::string_view header = std::exchange(span_.header, {});
    co_return io::Chunk(std::as_bytes(std::span(header)));
  }
  if (!span_.sound || (span_.end && span_.first >= *span_.end)) {
    // What is below may still have something to say of what it has delivered.
    if (reader_) co_return co_await reader_->read();
    co_return io::Chunk();
  }
  co_return co_await read_sound();
}

io::Task<Result<io::Chunk>> SoundReader::read_sound() {
  if (!reader_ && bytes_.in_one_pass() && !began_) {
    const Result<void> skipped = co_await bytes_.skip_to(span_.first);
    if (!skipped) co_return skipped.error();
  }
  if (!began_) {
    began_ = true;
    const std::string_view kept = bytes_.kept(span_.first, span_.end);
    if (!kept.empty()) co_return take(io::Chunk(std::as_bytes(std::span(kept))));
  }
  if (bytes_.in_one_pass()) co_return co_await read_pass();
  if (!reader_) reader_ = inner_.read(span_.first, span_.end);
  const Result<io::Chunk> chunk = co_await reader_->read();
  if (!chunk) co_return chunk.error();
  co_return take(*chunk);
}

io::Task<Result<io::Chunk>> SoundReader::read_pass() {
  const Result<io::Chunk> chunk = co_await bytes_.next();
  if (!chunk) co_return chunk.error();
  co_return take(*chunk);
}

}  // namespace tonearm::source
