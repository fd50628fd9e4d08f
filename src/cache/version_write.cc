#include "cache/little_endian.h"
#include "cache/version.h"

#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <utility>

namespace tonearm::cache {
namespace {

bool write_at(int descriptor, std::span<const std::byte> bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count =
        ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) errno = ENOSPC;
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return true;
}

}  // namespace

/// The piece's file, made if there is none, with a write announced; null when it cannot be had.
std::shared_ptr<File> Version::open_for_writing(std::uint64_t slice) {
  const std::lock_guard creating(creating_);
  for (bool again = true;; again = false) {
    bool loaded = false;
    {
      const std::lock_guard lock(mutex_);
      Piece& piece = pieces_[slice];
      loaded = piece.known && (piece.file || piece.sums.empty());
      if (loaded && piece.file && !is_touched(piece)) {
        ++piece.writing;
        return piece.file;
      }
    }
    if (loaded || !again) break;
    load(slice);
  }
  bool record_first = false;
  {
    const std::lock_guard lock(mutex_);
    record_first = !recorded_ && !whole_only_;
  }
  if (dead_ || (record_first && !disk_.store_record(song_, record()))) return nullptr;
  const std::uint64_t slice_size = geometry().slice_size;
  std::shared_ptr<File> file = disk_.create_piece(id_of(slice), slice_size);
  if (!file) return nullptr;
  const std::lock_guard lock(mutex_);
  if (record_first) recorded_ = true;
  Piece& piece = pieces_[slice];
  piece = Piece{};
  piece.known = true;
  piece.file = file;
  piece.sums.assign(slice_size / block_size, 0);
  piece.proven.assign(piece.sums.size(), false);
  piece.writing = 1;
  return file;
}

/// First the bytes, then what proves them: whatever is torn in between counts for nothing.
std::size_t Version::write_blocks(const File& file,
                                  std::span<const std::shared_ptr<ArrivingBlock>> blocks,
                                  std::vector<std::uint64_t>& sums) {
  const Geometry geometry = this->geometry();
  const std::uint64_t slice = geometry.slice_of_block(blocks.front()->block);
  const std::uint64_t base = slice * geometry.blocks_per_slice();
  for (const auto& block : blocks) {
    const std::span<const std::byte> bytes(block->bytes.get(), block->size);
    const std::uint64_t index = block->block - base;
    const std::uint64_t sum = block_sum(bytes, number_, block->block);
    if (holds(block->block * block_size)) {  // by another fill: a byte is written once
      sums.push_back(sum);
      continue;
    }
    if (dead_ || !disk_.grow_piece(id_of(slice), bytes.size())) break;
    const std::uint64_t offset = data_offset(geometry.slice_size) + index * block_size;
    const auto proof = little_endian(sum);
    if (!write_at(file.descriptor(), bytes, offset) ||
        !write_at(file.descriptor(), std::as_bytes(std::span(proof)), sum_offset(index))) {
      disk_.fail("a block cannot be written", errno);
      break;
    }
    sums.push_back(sum);
  }
  return sums.size();
}

bool Version::write(std::span<const std::shared_ptr<ArrivingBlock>> blocks) {
  if (blocks.empty()) return true;
  const Geometry geometry = this->geometry();
  const std::uint64_t slice = geometry.slice_of_block(blocks.front()->block);
  const std::uint64_t base = slice * geometry.blocks_per_slice();
  const std::shared_ptr<File> file = dead_ ? nullptr : open_for_writing(slice);
  if (!file) return false;
  std::vector<std::uint64_t> sums;
  const std::size_t written = write_blocks(*file, blocks, sums);
  const std::lock_guard lock(mutex_);
  Piece& piece = pieces_[slice];
  if (piece.file != file) return false;  // evicted or lost meanwhile
  --piece.writing;
  ++piece.writes;
  struct stat now {};
  if (piece.writing == 0 && ::fstat(file->descriptor(), &now) == 0) piece.stamp = stamp_of(now);
  for (std::size_t i = 0; i < written; ++i) {
    piece.sums[blocks[i]->block - base] = sums[i];
    piece.proven[blocks[i]->block - base] = true;
  }
  return written == blocks.size();
}

}  // namespace tonearm::cache
