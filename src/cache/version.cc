#include "cache/version.h"

#include <unistd.h>

#include <algorithm>
#include <new>
#include <utility>

namespace tonearm::cache {
namespace {

/// What a reader is handed, and a pool thread verifies, at a time.
constexpr std::uint64_t most_at_once = 1024 * 1024;

using Sums = std::optional<std::vector<std::uint64_t>>;

Sums read_index_at(const File& file, std::uint64_t index_at, const PieceId& id,
                   std::uint64_t slice_size) {
  std::vector<std::byte> index(index_size(slice_size));
  const ssize_t count =
      ::pread(file.descriptor(), index.data(), index.size(), static_cast<off_t>(index_at));
  if (count != static_cast<ssize_t>(index.size())) return std::nullopt;
  return read_index(index, id, slice_size);
}

/// Of a piece that was made before the length was known, or by a program older than this layout,
/// the index stands behind a whole slice. Neither place ever holds data of the other layout: both
/// lie behind the end of the version.
Sums find_index(File& file, const PieceId& id, const Geometry& geometry) {
  for (const std::uint64_t index_at : {geometry.index_at(id.slice), geometry.slice_size}) {
    if (Sums sums = read_index_at(file, index_at, id, geometry.slice_size)) {
      file.index_at = index_at;
      return sums;
    }
  }
  return std::nullopt;
}

}  // namespace

Version::Version(Disk& disk, std::string song, SongRecord record, bool recorded)
    : disk_(disk),
      song_(std::move(song)),
      number_(record.version),
      slice_size_(record.slice_size),
      whole_only_(record.whole_only),
      complete_(!record.whole_only || recorded || record.what.length == 0U),
      length_(record.what.length.value_or(endless)),
      record_(std::move(record)),
      recorded_(recorded) {}

http::Representation Version::as_described() const {
  const std::lock_guard lock(mutex_);
  return record_.what;
}

http::Representation Version::as_served() const {
  http::Representation what = as_described();
  if (whole_only_ && complete_) {
    what.seekable = true;
    what.single_pass = false;
  }
  return what;
}

bool Version::is_fresh(std::chrono::seconds most, http::HttpTime now) const {
  const std::lock_guard lock(mutex_);
  return http::is_fresh(record_.what.caching, record_.what.validators.last_modified, most, now);
}

void Version::refresh(const http::Representation& now) {
  const std::lock_guard lock(mutex_);
  http::Representation& what = record_.what;
  what.caching = now.caching;
  if (!now.content_type.empty()) what.content_type = now.content_type;
  // Without a strong tag the date was compared, and the bytes are no better proven than they were.
  const bool identified = what.validators.has_strong_etag();
  if (identified && now.validators.last_modified) {
    what.validators.last_modified = now.validators.last_modified;
    what.validators.last_modified_is_strong = now.validators.last_modified_is_strong;
  }
}

void Version::store_refreshed() {
  disk_.store_record(song_, [this] {
    const std::lock_guard lock(mutex_);
    // Of one that is kept only whole the record may have failed to be written when all was in.
    if (whole_only_ && complete_ && record_.what.length != 0U) recorded_ = true;
    return recorded_ && !dead_ ? std::optional(record_) : std::nullopt;
  });
}

/// False when it cannot be stored, or is not to be.
bool Version::store_first_record() {
  bool dead = false;
  const bool stored = disk_.store_record(song_, [&]() -> std::optional<SongRecord> {
    const std::lock_guard lock(mutex_);
    dead = dead_;
    if (dead || recorded_) return std::nullopt;
    std::optional<SongRecord> record = record_;
    recorded_ = true;
    return record;
  });
  if (stored || dead) return !dead;
  const std::lock_guard lock(mutex_);
  recorded_ = false;
  return false;
}

void Version::set_length(std::uint64_t length) {
  const std::lock_guard lock(mutex_);
  record_.what.length = length;
  length_ = length;
}

void Version::kill() {
  {
    const std::lock_guard lock(mutex_);
    dead_ = true;
  }
  close_unused();
}

/// Once it is dead: when nobody plays it, nobody comes to its pieces any more.
void Version::close_unused() {
  Pieces unused;
  {
    const std::lock_guard lock(mutex_);
    if (holds_ > 0 || pieces_.empty()) return;
    unused.swap(pieces_);
  }
  try {
    disk_.destroy_later(std::make_shared<Pieces>(std::move(unused)));
  } catch (const std::bad_alloc&) {
    return;  // then they are closed here
  }
}

bool Version::is_held() const {
  const std::lock_guard lock(mutex_);
  return holds_ > 0;
}

Version::Hold::Hold(std::shared_ptr<Version> version) : version_(std::move(version)) {
  if (!version_) return;
  if (version_->whole_only_) version_->disk_.pin(version_->song_, version_->number_);
  const std::lock_guard lock(version_->mutex_);
  ++version_->holds_;
}

Version::Hold& Version::Hold::operator=(Hold&& other) noexcept {
  std::swap(version_, other.version_);
  return *this;
}

Version::Hold::~Hold() {
  if (!version_) return;
  if (version_->whole_only_) version_->disk_.unpin(version_->song_, version_->number_);
  {
    const std::lock_guard lock(version_->mutex_);
    if (--version_->holds_ > 0 || !version_->dead_) return;
  }
  version_->close_unused();
}

void Version::close_idle() {
  std::vector<std::shared_ptr<File>> idle;  // outlives the lock: closing may block
  const std::lock_guard lock(mutex_);
  if (dead_) return;  // there is no opening them again
  for (auto& [slice, piece] : pieces_) {
    if (piece.file.use_count() == 1 && piece.file->writing == 0) {
      idle.push_back(std::move(piece.file));
    }
  }
}

void Version::let_go(std::uint64_t position) {
  Pieces passed;
  {
    const std::lock_guard lock(mutex_);
    for (auto next = pieces_.begin(); next != pieces_.end();) {
      const auto piece = next++;
      const bool is_passed = (piece->first + 1) * slice_size_ <= position;
      if (is_passed) passed.insert(pieces_.extract(piece));
    }
  }
  for (const auto& [slice, piece] : passed) disk_.drop_piece(id_of(slice));
}

void Version::complete() {
  complete_ = true;
  // An empty one has no piece that a record could go with.
  if (geometry().length == 0) return;
  move_last_index();
  store_first_record();
}

/// False when somebody has removed the file: when the version is dead, we did, and of one that is
/// kept only whole what is open is played on, dead from then on. What was proven of a file that
/// anybody has changed since is not any more. With the lock held.
bool Version::still_has_name(Piece& piece) {
  if (piece.file->writing > 0) return true;
  struct stat now {};
  if (::fstat(piece.file->descriptor(), &now) != 0) return false;
  const io::FileStamp stamp = io::stamp_of(now);
  if (stamp == piece.stamp) return true;
  if (!io::has_same_bytes(piece.stamp, stamp)) ++piece.file->altered;
  piece.proven.assign(piece.proven.size(), false);
  piece.stamp = stamp;
  if (now.st_nlink > 0 || dead_) return true;
  // Who plays what can be had from nowhere else reads on from what is open.
  if (whole_only_ && complete_ && holds_ > 0) dead_ = true;
  return dead_;
}

Version::Look Version::look(std::uint64_t position, std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  const Look found = find(position, end, Check::file);
  // A part of it is of no use to the next one who asks.
  if (whole_only_ && complete_ && found.kind == Look::Kind::missing) dead_ = true;
  return found;
}

Version::Look Version::glance(std::uint64_t position, std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  return find(position, end, Check::nothing);
}

/// With the lock held.
Version::Look Version::find(std::uint64_t position, std::uint64_t end, Check check) {
  const Geometry geometry = this->geometry();
  const std::uint64_t slice = geometry.slice_at(position);
  Look found;
  const auto of_slice = pieces_.find(slice);
  const bool known = of_slice != pieces_.end() && of_slice->second.known;
  if (!known && !disk_.may_hold(id_of(slice))) return found;
  found.kind = Look::Kind::unknown;
  if (!known) return found;
  Piece& piece = of_slice->second;
  found.kind = Look::Kind::missing;
  if (piece.sums.empty()) return found;
  const std::uint64_t base = slice * geometry.blocks_per_slice();
  std::uint64_t block = block_at(position);
  if (piece.sums[block - base] == 0) return found;
  found.kind = Look::Kind::unknown;
  if (!piece.file) return found;
  if (check == Check::file && !still_has_name(piece)) {
    disk_.destroy_later(std::move(piece.file));
    pieces_.erase(of_slice);
    return found;
  }
  const bool proven = piece.proven[block - base];
  const std::uint64_t bound =
      std::min({end, geometry.slice_end(position), position + most_at_once});
  while (block * block_size < bound && piece.sums[block - base] != 0 &&
         piece.proven[block - base] == proven) {
    ++block;
  }
  found.kind = proven ? Look::Kind::kept : Look::Kind::unproven;
  found.end = std::min(bound, block * block_size);
  found.file = piece.file;
  found.offset = position - slice * geometry.slice_size;
  found.stamp = piece.stamp;
  found.altered = piece.file->altered;
  if (proven && check == Check::file) {
    const auto now = MemoryTrust::Clock::now();
    found.warm = piece.warm.cover(block_at(position) - base, block - base, now,
                                  disk_.memory_trust().lifetime(now));
  }
  return found;
}

bool Version::is_as_it_was(const Look& kept) const {
  const File& file = *kept.file;
  const auto is_still = [&file](const io::FileStamp& then) {
    struct stat now {};
    return ::fstat(file.descriptor(), &now) == 0 && io::has_same_bytes(then, io::stamp_of(now));
  };
  if (is_still(kept.stamp)) return true;
  // Or a fill of ours wrote to it: with the lock held, what is known of that is of this moment.
  const std::lock_guard lock(mutex_);
  return file.altered == kept.altered && (file.writing > 0 || is_still(file.written));
}

void Version::note_sending(const Look& kept, std::uint64_t position) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t slice = position / slice_size_;
  const auto piece = pieces_.find(slice);
  if (piece == pieces_.end()) return;
  disk_.touch(piece->second.place, song_, number_, slice);
  if (kept.warm) return;
  const std::uint64_t base = slice * (slice_size_ / block_size);
  const auto now = MemoryTrust::Clock::now();
  piece->second.warm.add(block_at(position) - base, block_at(kept.end - 1) + 1 - base, now,
                         disk_.memory_trust().lifetime(now));
}

void Version::doubt(std::uint64_t position) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t slice = position / slice_size_;
  const auto found = pieces_.find(slice);
  if (found == pieces_.end()) return;
  Piece& piece = found->second;
  piece.proven.assign(piece.proven.size(), false);
  const std::uint64_t block = block_at(position) - slice * (slice_size_ / block_size);
  const auto now = MemoryTrust::Clock::now();
  if (piece.warm.cover(block, block + 1, now, MemoryTrust::lately)) {
    disk_.memory_trust().note_dropped(now);
  }
  piece.warm = {};
}

bool Version::holds(std::uint64_t position) const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t slice = position / slice_size_;
  const auto piece = pieces_.find(slice);
  if (piece == pieces_.end() || piece->second.sums.empty()) return false;
  return piece->second.sums[block_at(position) - slice * (slice_size_ / block_size)] != 0;
}

std::uint64_t Version::next_kept(std::uint64_t position) const {
  const Geometry geometry = this->geometry();
  std::uint64_t next = geometry.length;
  if (const auto slice = disk_.next_piece(song_, number_, geometry.slice_at(position) + 1)) {
    next = std::min(next, *slice * geometry.slice_size);
  }
  const std::uint64_t end = geometry.slice_end(position);
  for (std::uint64_t at = (block_at(position) + 1) * block_size; at < end; at += block_size) {
    if (holds(at)) return at;
  }
  return next;
}

bool Version::load(std::uint64_t slice) {
  // A piece that is just being made has no index yet, and is not to be taken for a broken one.
  const std::lock_guard creating(creating_);
  return read_piece(slice);
}

/// With creating_ held.
bool Version::read_piece(std::uint64_t slice) {
  const PieceId id = id_of(slice);
  std::shared_ptr<File> file;
  if (disk_.may_hold(id)) {
    Result<std::shared_ptr<File>> opened = disk_.open_piece(id);
    if (!opened) return false;
    file = std::move(*opened);
  }
  std::optional<std::vector<std::uint64_t>> sums;
  struct stat now {};
  if (file) {
    sums = find_index(*file, id, geometry());
    if (::fstat(file->descriptor(), &now) != 0 || now.st_nlink == 0) sums.reset();
    if (!sums) disk_.drop_piece(id);
  }
  Piece fresh;
  fresh.known = true;
  if (sums) {
    fresh.file = file;
    fresh.proven.assign(sums->size(), false);
    fresh.stamp = io::stamp_of(now);
  }
  const std::lock_guard lock(mutex_);
  if (dead_ && holds_ == 0) return true;
  Piece& piece = pieces_[slice];
  if (piece.known && (piece.file || piece.sums.empty())) return true;
  if (piece.known && sums == piece.sums && io::stamp_of(now) == piece.stamp) {
    piece.file = file;  // closed for a while, and as it was
    return true;
  }
  if (sums) fresh.sums = std::move(*sums);
  piece = std::move(fresh);
  return true;
}

/// The file is not what it should be: what it held is missing from now on.
void Version::lose(std::uint64_t slice, const std::shared_ptr<File>& file) {
  {
    const std::lock_guard lock(mutex_);
    const auto piece = pieces_.find(slice);
    if (piece == pieces_.end() || piece->second.file != file) return;
    piece->second = Piece{};
    piece->second.known = true;
  }
  disk_.drop_piece(id_of(slice));
  if (whole_only_) kill();
}

void Version::verify(std::uint64_t first, std::uint64_t end) {
  const Geometry geometry = this->geometry();
  const std::uint64_t slice = geometry.slice_at(first);
  const std::uint64_t base = slice * geometry.blocks_per_slice();
  std::shared_ptr<File> file;
  std::vector<std::uint64_t> sums;
  std::uint64_t writes = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto piece = pieces_.find(slice);
    if (piece == pieces_.end() || !piece->second.file) return;
    file = piece->second.file;
    sums = piece->second.sums;
    writes = file->writes;
  }
  std::vector<std::byte> bytes(block_size);
  std::uint64_t block = block_at(first);
  for (; block * block_size < end; ++block) {
    if (sums[block - base] == 0) return;  // another piece by now, which has not got it yet
    const http::ByteRange range = geometry.bytes_of_block(block);
    const auto offset = static_cast<off_t>(range.first - slice * geometry.slice_size);
    const auto size = static_cast<std::size_t>(range.size());
    const ssize_t count = ::pread(file->descriptor(), bytes.data(), size, offset);
    const bool whole = count == static_cast<ssize_t>(size);
    if (!whole || block_sum(std::span(bytes).first(size), number_, block) != sums[block - base]) {
      return lose(slice, file);
    }
  }
  const std::lock_guard lock(mutex_);
  const auto found = pieces_.find(slice);
  if (found == pieces_.end() || found->second.file != file) return;
  Piece& piece = found->second;
  struct stat now {};
  const bool ours = file->writing > 0 || file->writes != writes;
  if (::fstat(file->descriptor(), &now) != 0) return;
  if (!ours && io::stamp_of(now) != piece.stamp) return;  // touched meanwhile: look() sees it, too
  for (std::uint64_t i = block_at(first); i < block; ++i) piece.proven[i - base] = true;
}

void Version::evicted(std::uint64_t slice, bool last) {
  Pieces::node_type gone;  // outlives the lock: its file is closed then
  const std::lock_guard lock(mutex_);
  if (last) recorded_ = false;
  const bool was_let_go = !complete_ && !pieces_.contains(slice);
  if (whole_only_ && !was_let_go) dead_ = true;
  if (dead_ && holds_ > 0) return;  // who plays it reads on
  gone = pieces_.extract(slice);
}

}  // namespace tonearm::cache
