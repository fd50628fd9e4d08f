#include "source/file_version.h"

#include "tonearm/base/checksum.h"
#include "tonearm/io/page_cache.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <string_view>

namespace tonearm::source {
namespace {

/// What is handed on at once, and so what a listener who does not read holds in memory.
constexpr std::uint64_t most_at_once = 64 * 1024;
constexpr std::uint64_t block_size = 4096;
/// A recorder goes back to the header to write sizes into it: nothing is told by what stands there.
constexpr std::uint64_t header_size = 4096;
/// Where the sizes themselves lie, with what ffmpeg puts before the last of them (LIST, ds64).
constexpr std::uint64_t sizes_end = 128;
/// Of what lies behind a header, to tell more than what lies within.
constexpr std::uint64_t telling = block_size / 4;

Error changed() {
  return Error{
      ErrorKind::representation_changed, "the file was changed or truncated while it was read", {}};
}

/// For as long as a writer may be kept from going on between setting the time and the size.
constexpr std::chrono::milliseconds first_pause{1};
constexpr std::chrono::milliseconds longest_pause{256};

/// The bytes before `end`, none of the header's.
http::ByteRange block_before(std::uint64_t end, std::uint64_t header) {
  const std::uint64_t first = end > block_size ? end - block_size : 0;
  return http::ByteRange{std::max(first, header), end};
}

io::Task<void> pause_for(std::chrono::milliseconds time) {
  const io::Executor loop = co_await io::asio::this_coro::executor;
  io::asio::steady_timer::rebind_executor<io::Executor>::other timer(loop, time);
  co_await timer.async_wait(io::use_task);
}

}  // namespace

std::uint64_t FileVersion::header_before(std::uint64_t end) const {
  if (writing_ == Writing::at_its_end) return 0;
  if (end >= header_size + telling) return header_size;
  return writing_ == Writing::ended ? 0 : sizes_end;
}

io::Task<bool> FileVersion::read(std::uint64_t offset, std::span<std::byte> bytes) {
  const std::size_t there = io::read_from_page_cache(descriptor(), offset, bytes);
  if (there == bytes.size()) co_return true;
  const auto rest = [this, offset = offset + there, left = bytes.subspan(there)] {
    return io::read_from_disk(descriptor(), offset, left) == left.size();
  };
  co_return co_await pool_.run(rest);
}

FileVersion::Block FileVersion::block_of(http::ByteRange range, std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Block block{range, checksum(text, 0), false};
  block.silent = text.find_first_not_of(text.front()) == std::string_view::npos;
  return block;
}

io::Task<std::optional<FileVersion::Block>> FileVersion::read_block(http::ByteRange range) {
  if (range.end <= range.first) co_return std::nullopt;
  compared_.resize(static_cast<std::size_t>(range.size()));
  const bool there = co_await read(range.first, compared_);
  if (!there) co_return std::nullopt;
  co_return block_of(range, compared_);
}

/// Read anew, its bytes could be another take's already.
io::Task<std::optional<FileVersion::Block>> FileVersion::loaded_block(http::ByteRange range,
                                                                      http::ByteRange loaded) {
  if (range.end <= range.first) co_return std::nullopt;
  const std::uint64_t start = std::max(range.first, loaded.first);
  const std::span<const std::byte> own = std::span(loaded_).subspan(
      static_cast<std::size_t>(start - loaded.first), static_cast<std::size_t>(range.end - start));
  if (start == range.first) co_return block_of(range, own);
  compared_.resize(static_cast<std::size_t>(start - range.first));
  const bool there = co_await read(range.first, compared_);
  if (!there) co_return std::nullopt;
  compared_.insert(compared_.end(), own.begin(), own.end());
  co_return block_of(range, compared_);
}

/// The first bytes tell most: who writes a file anew from its beginning comes to them before all
/// others of the region.
io::Task<std::optional<FileVersion::Block>> FileVersion::choose_block(http::ByteRange loaded) {
  const std::uint64_t header = header_before(loaded.end);
  const std::uint64_t first = std::max(loaded.first, header);
  const http::ByteRange range = block_before(std::min(first + block_size, loaded.end), header);
  std::optional<Block> block = co_await loaded_block(range, loaded);
  if (block && block->silent) {
    block = co_await loaded_block(block_before(loaded.end, header), loaded);
  }
  co_return block;
}

bool FileVersion::is_told_apart() const {
  return (known_ && !known_->silent) || (end_ && !end_->silent);
}

io::Task<bool> FileVersion::is_still_there(std::optional<Block> block) {
  if (!block) co_return true;
  const std::optional<Block> now = co_await read_block(block->range);
  co_return now && now->hash == block->hash;
}

io::Task<bool> FileVersion::is_still_there() {
  const bool heard = co_await is_still_there(known_);
  if (!heard) co_return false;
  co_return co_await is_still_there(end_);
}

io::Task<bool> FileVersion::is_same(const io::FileStamp& now) {
  const bool is_longer = now.size > seen_.size;
  if (writing_ == Writing::ended && !is_longer) co_return io::has_same_bytes(seen_, now);
  if (now.size < seen_.size) co_return false;
  // Another take may begin with it too, and it would be a strange recorder that goes on within it.
  if (writing_ == Writing::ended && !is_told_apart()) co_return false;
  // The bytes are asked each time: one write may go on long after its time was set, so that a stamp
  // that was seen in the midst of it is also that of its end.
  co_return co_await is_still_there();
}

io::Task<void> FileVersion::remember_end() {
  const std::optional<Block> end = co_await read_block(block_before(seen_.size, 0));
  const Result<io::FileStamp> now = file_->stamp();
  if (now && io::has_same_bytes(seen_, *now)) end_ = end;
}

/// Who appends sets the time of the file first, and its size after the bytes.
bool FileVersion::may_be_about_to_grow(const io::FileStamp& now) const {
  return writing_ == Writing::ended && now.size == seen_.size && now.modified != seen_.modified;
}

io::Task<Result<io::FileStamp>> FileVersion::later_stamp() {
  Result<io::FileStamp> now = file_->stamp();
  for (auto pause = first_pause; pause <= longest_pause; pause *= 4) {
    if (!now || !may_be_about_to_grow(*now)) break;
    co_await pause_for(pause);
    now = file_->stamp();
  }
  co_return now;
}

io::Task<Result<io::FileStamp>> FileVersion::look() {
  Result<io::FileStamp> now = file_->stamp();
  if (now && may_be_about_to_grow(*now)) now = co_await later_stamp();
  if (!now) co_return now;
  bool same = io::has_same_bytes(seen_, *now);
  if (may_be_appended_to()) same = co_await is_same(*now);
  if (!same) co_return changed();
  if (now->size > seen_.size) grew_ = io::Clock::now();
  if (may_be_appended_to()) seen_ = *now;
  co_return now;
}

io::Task<Result<io::Chunk>> FileVersion::load(std::uint64_t offset, std::uint64_t size) {
  const http::ByteRange range{offset, offset + std::min(size, most_at_once)};
  loaded_.resize(static_cast<std::size_t>(range.size()));
  const bool there = co_await read(range.first, loaded_);
  std::optional<Block> block;
  if (there && may_be_appended_to()) block = co_await choose_block(range);
  // So that the first one is asked for as well; of what has ended, its end is.
  if (!known_ && writing_ != Writing::ended) known_ = block;
  // Only now: what was read of it is of this version if what was known before is still there.
  const Result<io::FileStamp> now = co_await look();
  if (!now) co_return now.error();
  if (!there) co_return changed();
  if (block && !(block->silent && known_ && !known_->silent)) known_ = block;
  co_return io::Chunk(std::span<const std::byte>(loaded_));
}

}  // namespace tonearm::source
