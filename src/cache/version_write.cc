#include "cache/little_endian.h"
#include "cache/version.h"
#include "cache/write_at.h"

#include <sys/uio.h>

#include <array>
#include <string_view>
#include <utility>

namespace tonearm::cache {

/// Blocks that lie together, and what is written of them: their bytes, and then their checksums.
struct Version::Run {
  std::vector<iovec> bytes;
  std::vector<std::array<char, 8>> sums;
  std::uint64_t size = 0;

  void add(const ArrivingBlock& block, std::uint64_t sum) {
    bytes.push_back(iovec{block.bytes.get(), block.size});
    sums.push_back(little_endian(sum));
    size += block.size;
  }
};

/// A write to a piece's file. While there is one, the file's stamp says nothing of what others do.
class Version::Writing {
 public:
  Writing() = default;
  /// With the version's lock held.
  Writing(Version& version, std::uint64_t slice, std::shared_ptr<File> file)
      : version_(&version), slice_(slice), file_(std::move(file)) {
    ++file_->writing;
  }
  Writing(Writing&&) noexcept = default;
  Writing& operator=(Writing&&) = delete;
  ~Writing() {
    if (!file_ || ended_) return;
    const std::lock_guard lock(version_->mutex_);
    end();
  }

  explicit operator bool() const { return file_ != nullptr; }
  const std::shared_ptr<File>& file() const { return file_; }

  /// With the version's lock held. Null when the piece was evicted or lost meanwhile.
  Piece* end() {
    ended_ = true;
    --file_->writing;
    ++file_->writes;
    struct stat now {};
    const bool alone = file_->writing == 0 && ::fstat(file_->descriptor(), &now) == 0;
    if (alone) file_->written = io::stamp_of(now);
    const auto found = version_->pieces_.find(slice_);
    if (found == version_->pieces_.end() || found->second.file != file_) return nullptr;
    if (alone) found->second.stamp = file_->written;
    return &found->second;
  }

 private:
  Version* version_ = nullptr;
  std::uint64_t slice_ = 0;
  std::shared_ptr<File> file_;
  bool ended_ = false;
};

/// To the piece's file, which is made if there is none; none when it cannot be had.
Version::Writing Version::open_for_writing(std::uint64_t slice) {
  const std::lock_guard creating(creating_);
  for (bool again = true;; again = false) {
    bool loaded = false;
    {
      const std::lock_guard lock(mutex_);
      Piece& piece = pieces_[slice];
      loaded = piece.known && (piece.file || piece.sums.empty());
      if (loaded && piece.file && still_has_name(piece)) return {*this, slice, piece.file};
    }
    if (loaded) break;
    if (!again || !read_piece(slice)) return {};
  }
  if (dead_) return {};
  std::shared_ptr<File> file = disk_.create_piece(id_of(slice), geometry());
  if (!file) return {};
  // It may have been thrown away while the file was made, and its name is not to stay.
  const bool counts = whole_only_ ? !dead_ : store_first_record();
  if (!counts) {
    disk_.drop_piece(id_of(slice));
    return {};
  }
  Piece fresh;
  fresh.known = true;
  fresh.file = file;
  fresh.sums.assign(slice_size_ / block_size, 0);
  fresh.proven.assign(fresh.sums.size(), false);
  const std::lock_guard lock(mutex_);
  pieces_[slice] = std::move(fresh);
  return {*this, slice, std::move(file)};
}

/// First the bytes, then what proves them: whatever is torn in between counts for nothing.
bool Version::write_run(const File& file, Run& run, std::uint64_t slice, std::uint64_t index) {
  const bool fits = index * block_size + run.size <= file.index_at;
  const PieceId id = id_of(slice);
  if (dead_ || !fits || !disk_.grow_piece(id, run.size)) return false;
  const Written bytes = write_at(file.descriptor(), run.bytes, index * block_size);
  int error = bytes.error;
  if (error == 0) {
    const std::string_view sums(run.sums.front().data(), run.sums.size() * sizeof run.sums.front());
    error = write_at(file.descriptor(), sums, sum_offset(file.index_at, index)).error;
  }
  if (error == 0) {
    disk_.succeed();
    return true;
  }
  disk_.shrink_piece(id, whole_pages(run.size) - whole_pages(bytes.bytes));
  disk_.fail("a block cannot be written", error);
  return false;
}

/// How many of them are kept now, by this or by another fill: a byte is written once.
std::size_t Version::write_blocks(const File& file,
                                  std::span<const std::shared_ptr<ArrivingBlock>> blocks,
                                  std::vector<std::uint64_t>& sums) {
  const Geometry geometry = this->geometry();
  const std::uint64_t slice = geometry.slice_of_block(blocks.front()->block);
  const std::uint64_t base = slice * geometry.blocks_per_slice();
  const auto is_held = [&](std::size_t i) { return holds(blocks[i]->block * block_size); };
  for (const auto& block : blocks) {
    sums.push_back(block_sum(std::span(block->bytes.get(), block->size), number_, block->block));
  }
  std::size_t kept = 0;
  while (kept < blocks.size()) {
    Run run;
    std::size_t next = kept;
    for (; next < blocks.size() && !is_held(next); ++next) run.add(*blocks[next], sums[next]);
    if (run.size > 0 && !write_run(file, run, slice, blocks[kept]->block - base)) break;
    while (next < blocks.size() && is_held(next)) ++next;
    kept = next;
  }
  return kept;
}

bool Version::write(std::span<const std::shared_ptr<ArrivingBlock>> blocks) {
  if (blocks.empty()) return true;
  const Geometry geometry = this->geometry();
  const std::uint64_t slice = geometry.slice_of_block(blocks.front()->block);
  const std::uint64_t base = slice * geometry.blocks_per_slice();
  // A write that was given up as overdue may be under way, and another fill bring the same.
  const std::lock_guard alone(writing_);
  if (dead_) return false;
  Writing writing = open_for_writing(slice);
  if (!writing) return false;
  std::vector<std::uint64_t> sums;
  const std::size_t written = write_blocks(*writing.file(), blocks, sums);
  const std::lock_guard lock(mutex_);
  Piece* const piece = writing.end();
  if (piece == nullptr) return false;
  for (std::size_t i = 0; i < written; ++i) {
    piece->sums[blocks[i]->block - base] = sums[i];
    piece->proven[blocks[i]->block - base] = true;
  }
  return written == blocks.size();
}

/// The last piece was made before the length was known: its index moves to where it belongs. There
/// is no record yet, so that what a crash leaves of it goes at the next start.
void Version::move_last_index() {
  const Geometry geometry = this->geometry();
  const std::uint64_t slice = geometry.slice_at(geometry.length - 1);
  const std::uint64_t index_at = geometry.index_at(slice);
  if (!holds(geometry.length - 1)) return;
  Writing writing = open_for_writing(slice);
  if (!writing) return;
  const std::shared_ptr<File>& file = writing.file();
  const std::lock_guard creating(creating_);  // nobody is to read an index that moves
  std::vector<std::uint64_t> sums;
  {
    const std::lock_guard lock(mutex_);
    const auto piece = pieces_.find(slice);
    if (piece != pieces_.end() && piece->second.file == file) sums = piece->second.sums;
  }
  if (file->index_at != index_at && !sums.empty()) {
    const std::string index = make_index(id_of(slice), slice_size_, sums);
    // First what is there goes, lest it take more for a moment than is counted.
    if (::ftruncate(file->descriptor(), static_cast<off_t>(index_at)) == 0 &&
        write_at(file->descriptor(), index, index_at).error == 0) {
      file->index_at = index_at;
    }
  }
  const std::lock_guard lock(mutex_);
  writing.end();
}

}  // namespace tonearm::cache
