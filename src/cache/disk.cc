#include "cache/disk.h"

#include "cache/geometry.h"
#include "cache/write_at.h"

#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

namespace tonearm::cache {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds pause_after_full{60};
constexpr std::chrono::seconds pause_after_large_record{60};

/// Whether a file that could not be opened is not there, or not ours: the descriptors may have run
/// out, or the disk does not answer, and all that is kept would be taken for lost.
bool is_absent(int error) {
  return error == ENOENT || error == ENOTDIR || error == EACCES || error == ELOOP;
}

Error cannot_be_opened(int error) {
  return {ErrorKind::internal, "a kept file: " + std::generic_category().message(error), {}};
}

}  // namespace

Disk::Disk(std::string path, std::uint64_t size, OnEvicted on_evicted)
    : path_(std::move(path)),
      on_evicted_(std::move(on_evicted)),
      silence_(path_),
      lock_(path_),
      inventory_(size) {
  ready_ = try_open();
  worker_ = std::thread([this] { work(); });
}

Disk::~Disk() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  worker_.join();
  try {
    note_played();
  } catch (const std::bad_alloc&) {
    return;  // then what was played in the last second is not known of
  }
}

bool Disk::try_open() {
  const Result<void> taken = lock_.take();
  if (taken) {
    health_.begin_anew();
  } else if (health_.warn()) {
    spdlog::warn("cache.path {}: {}; serving without the cache", path_, taken.error().detail);
  }
  return taken.has_value();
}

void Disk::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    try {
      take_turn();
    } catch (const std::bad_alloc&) {
      // The next turn does what is left of this one.
      if (health_.fail(Clock::now())) spdlog::warn("cache.path {}: out of memory", path_);
    }
    lock.lock();
    changed_.wait_for(lock, std::chrono::seconds(1),
                      [this] { return stopping_ || !to_destroy_.empty(); });
  }
}

void Disk::take_turn() {
  destroy_waiting();
  if (ready_ && !lock_.still_holds()) start_over();
  if (!ready_) ready_ = try_open();
  if (ready_ && !scanned_) {
    scan();
    changed_.notify_all();
  }
  note_played();
  look_for_room();
  shrink();
}

void Disk::destroy_later(std::shared_ptr<const void> what) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    to_destroy_.push_back(std::move(what));
  } catch (const std::bad_alloc&) {
    return;
  }
  changed_.notify_all();
}

void Disk::destroy_waiting() {
  std::vector<std::shared_ptr<const void>> waiting;  // outlives the lock
  const std::lock_guard lock(mutex_);
  waiting.swap(to_destroy_);
}

/// The directory was removed, emptied or replaced: what was in it counts no more, and what has its
/// names now may be another process's.
void Disk::start_over() {
  ready_ = false;
  settled_ = false;
  scanned_ = false;
  Inventory::Removals removals;
  {
    const std::lock_guard lock(mutex_);
    inventory_.remove_all(removals);
    forgotten_.clear();
  }
  for (const auto& [id, last, bytes, evicted] : removals) {
    on_evicted_(id.song, id.version, id.slice, last);
  }
  lock_.release();
  health_.mend();
}

bool Disk::wait_until_scanned(std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, most, [this] { return settled_ || !ready_; });
}

/// A record's time is when the song was played last: that is the order after a restart.
void Disk::note_played() {
  std::vector<std::string> played;
  {
    const std::lock_guard lock(mutex_);
    played = inventory_.take_played();
  }
  for (const std::string& name : played) {
    ::utimensat(AT_FDCWD, path_of(record_name(name)).c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
  }
}

/// To a size that has become smaller, or to what fits on the disk.
void Disk::shrink() {
  if (!unremovable_.is_over(Clock::now())) return;
  bool full = false;
  {
    const std::lock_guard lock(mutex_);
    full = inventory_.is_disk_full();
  }
  if (evict_surplus() && full) health_.mend();
}

/// What is more than may be there, in batches, the files of each removed before the next. True:
/// some went, and none is left over. What cannot be removed comes back, and is for another time,
/// hence the bound.
bool Disk::evict_surplus() {
  bool some = false;
  bool all = true;
  bool more = true;
  for (std::uint64_t left = totals().pieces / pieces_in_batch + 1; more && left > 0; --left) {
    Inventory::Removals removals;
    {
      const std::lock_guard lock(mutex_);
      more = !inventory_.evict_surplus(pieces_in_batch, removals) && !stopping_;
    }
    all = bury(removals) && all;
    some = some || !removals.empty();
  }
  return some && all;
}

/// A disk that was full may have room again. Quotas do not show there, hence the pause.
void Disk::look_for_room() {
  struct statvfs now {};
  if (!full_ || !filled_.is_over(Clock::now()) || ::statvfs(path_.c_str(), &now) != 0) return;
  const std::lock_guard lock(mutex_);
  inventory_.note_free(std::uint64_t{now.f_bavail} * now.f_frsize);
  full_ = inventory_.is_disk_full();
}

/// What is being written goes on when the disk answers, though others still wait for it.
bool Disk::may_write() const { return settled_ && health_.may_write(Clock::now()); }

void Disk::fail(std::string_view what, int error_number) {
  const auto now = Clock::now();
  const bool is_news = health_.fail(now);
  if (error_number == ENOSPC || error_number == EDQUOT) {
    const std::lock_guard lock(mutex_);
    inventory_.note_full();
    full_ = true;
    filled_.begin(now, pause_after_full);
  }
  if (!is_news) return;
  spdlog::warn("cache.path {}: {}: {}; what is missing is served without the cache", path_, what,
               std::generic_category().message(error_number));
}

void Disk::succeed() {
  if (health_.succeed(Clock::now())) {
    spdlog::info("cache.path {} can be written again", path_);
  }
}

Result<std::optional<SongRecord>> Disk::load_record(const std::string& song) const {
  std::optional<SongRecord> none;
  if (!ready_) return none;
  const io::OwnedDescriptor file(
      ::open(path_of(record_name(song)).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid() && !is_absent(errno)) return cannot_be_opened(errno);
  if (!file.valid()) return none;
  std::string bytes(most_record_bytes, '\0');
  const ssize_t count = ::pread(file.get(), bytes.data(), bytes.size(), 0);
  if (count < 0) return cannot_be_opened(errno);
  if (count == 0) return none;
  return decode_record(std::string_view(bytes).substr(0, static_cast<std::size_t>(count)));
}

bool Disk::store_record(const std::string& song, const Wanted& wanted) {
  const std::lock_guard naming(naming_);
  const std::optional<SongRecord> record = wanted();
  if (!record) return true;
  const std::string bytes = encode_record(*record);
  if (bytes.size() > most_record_bytes) {
    warn_of_record(song, bytes.size());
    return false;
  }
  const std::string name = path_of(record_name(song));
  const std::string fresh = name + ".new";
  io::OwnedDescriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  int error = file.valid() ? write_at(file.get(), bytes, 0).error : errno;
  file = {};
  if (error == 0 && ::rename(fresh.c_str(), name.c_str()) == 0) return true;
  if (error == 0) error = errno;
  ::unlink(fresh.c_str());
  fail("a record cannot be written", error);
  return false;
}

/// Again only after a while: it is tried with every block of the song.
void Disk::warn_of_record(const std::string& song, std::size_t bytes) {
  const auto now = Clock::now();
  if (!large_record_.is_over(now)) return;
  large_record_.begin(now, pause_after_large_record);
  spdlog::warn(
      "cache.path {}: song {} is not kept: its URL or its entity tag is so long that its record "
      "would take {} bytes",
      path_, song, bytes);
}

Result<std::shared_ptr<File>> Disk::open_piece(const PieceId& id) {
  const std::shared_ptr<File> none;
  if (!ready_) return none;
  const std::string name = path_of(piece_name(id));
  io::OwnedDescriptor found(::open(name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!found.valid() && (errno == EACCES || errno == EROFS)) {
    found = io::OwnedDescriptor(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  }
  if (!found.valid() && !is_absent(errno)) return cannot_be_opened(errno);
  if (!found.valid()) {
    drop_piece(id);
    return none;
  }
  auto file = std::make_shared<File>(std::move(found));
  struct stat now {};
  if (::fstat(file->descriptor(), &now) != 0) return cannot_be_opened(errno);
  Inventory::Removals removals;
  {
    const std::lock_guard lock(mutex_);
    if (inventory_.contains_other(id.song, id.version)) return none;
    const auto taken = static_cast<std::uint64_t>(now.st_blocks) * 512;
    if (!inventory_.contains(id)) {
      inventory_.add(id, std::max(taken, page_size), Inventory::Turn::last, removals);
    }
  }
  bury(removals);
  // Evicted between the two: it is counted no more, or counted and gone.
  if (::fstat(file->descriptor(), &now) != 0 || now.st_nlink == 0) {
    drop_piece(id);
    return none;
  }
  return file;
}

std::shared_ptr<File> Disk::create_piece(const PieceId& id, const Geometry& geometry) {
  if (!may_write()) return nullptr;
  evict_surplus();
  const std::uint64_t bytes = whole_pages(index_size(geometry.slice_size));
  Inventory::Removals removals;
  bool room = false;
  {
    const std::lock_guard lock(mutex_);
    inventory_.remove(id, removals);
    room = inventory_.make_room(bytes + Inventory::record_bytes, id, removals);
    if (room) inventory_.add(id, bytes, Inventory::Turn::last, removals);
  }
  const bool gone = bury(removals);
  if (!room) return nullptr;
  if (!gone) {
    drop_piece(id);
    return nullptr;
  }
  const std::string name = path_of(piece_name(id));
  constexpr int anew = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
  io::OwnedDescriptor made(::open(name.c_str(), anew, 0600));
  if (!made.valid() && errno == EEXIST) {
    ::unlink(name.c_str());
    made = io::OwnedDescriptor(::open(name.c_str(), anew, 0600));
  }
  if (!made.valid()) {
    fail("a piece cannot be made", errno);
    drop_piece(id);
    return nullptr;
  }
  auto file = std::make_shared<File>(std::move(made));
  file->index_at = geometry.index_at(id.slice);
  const std::string index = make_index(id, geometry.slice_size);
  const int error = write_at(file->descriptor(), index, file->index_at).error;
  if (error == 0) return file;
  fail("a piece cannot be written", error);
  drop_piece(id);
  return nullptr;
}

bool Disk::grow_piece(const PieceId& id, std::uint64_t bytes) {
  if (!may_write()) return false;
  evict_surplus();
  Inventory::Removals removals;
  bool grown = false;
  {
    const std::lock_guard lock(mutex_);
    grown = inventory_.contains(id) && inventory_.make_room(whole_pages(bytes), id, removals) &&
            inventory_.grow(id, whole_pages(bytes));
  }
  if (bury(removals)) return grown;
  if (grown) shrink_piece(id, bytes);
  return false;
}

void Disk::shrink_piece(const PieceId& id, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  inventory_.shrink(id, whole_pages(bytes));
}

void Disk::drop_piece(const PieceId& id) {
  Inventory::Removals removals;
  {
    const std::lock_guard lock(mutex_);
    inventory_.remove(id, removals);
  }
  if (removals.empty()) ::unlink(path_of(piece_name(id)).c_str());
  bury(removals);
}

bool Disk::forget(const std::string& song, std::uint64_t version) {
  Inventory::Removals removals;
  {
    const std::lock_guard lock(mutex_);
    inventory_.remove_version(song, version, removals);
  }
  return bury(removals);
}

bool Disk::forget(const std::string& song) {
  if (!ready_) return true;
  Inventory::Removals removals;
  {
    const std::lock_guard lock(mutex_);
    if (!scanned_) forgotten_.insert(song);
    inventory_.remove_song(song, removals);
  }
  if (!removals.empty()) return bury(removals);
  const std::lock_guard naming(naming_);
  return remove_record(song);
}

bool Disk::may_hold(const PieceId& id) const {
  if (!ready_) return false;
  if (!scanned_) return true;
  const std::lock_guard lock(mutex_);
  return inventory_.contains(id);
}

bool Disk::may_hold(const std::string& song, std::uint64_t version, std::uint64_t least) const {
  if (!scanned_) return true;
  const std::lock_guard lock(mutex_);
  return inventory_.count(song, version) >= least;
}

bool Disk::has_all(const std::string& song, std::uint64_t version, std::uint64_t count) const {
  for (std::uint64_t slice = 0; slice < count; ++slice) {
    if (::access(path_of(piece_name({song, version, slice})).c_str(), F_OK) != 0) return false;
  }
  return true;
}

std::optional<std::uint64_t> Disk::next_piece(const std::string& song, std::uint64_t version,
                                              std::uint64_t from) const {
  const std::lock_guard lock(mutex_);
  return inventory_.next(song, version, from);
}

void Disk::touch(Inventory::Place& place, const std::string& song, std::uint64_t version,
                 std::uint64_t slice) {
  const std::lock_guard lock(mutex_);
  inventory_.touch(place, song, version, slice);
}

void Disk::pin(const std::string& song, std::uint64_t version) {
  const std::lock_guard lock(mutex_);
  inventory_.pin(song, version);
}

void Disk::unpin(const std::string& song, std::uint64_t version) {
  const std::lock_guard lock(mutex_);
  inventory_.unpin(song, version);
}

void Disk::claim(const void* who, const std::string& song, std::uint64_t version,
                 std::uint64_t first, std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  inventory_.claim(who, song, version, first, end);
}

Inventory::Totals Disk::totals() const {
  const std::lock_guard lock(mutex_);
  return inventory_.totals();
}

std::uint64_t Disk::size() const {
  const std::lock_guard lock(mutex_);
  return inventory_.size();
}

void Disk::resize(std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  inventory_.resize(size);
}

bool Disk::bury(const Inventory::Removals& removals) {
  bool all = true;
  for (const Inventory::Removal& removal : removals) {
    const PieceId& id = removal.id;
    if (::unlink(path_of(piece_name(id)).c_str()) != 0 && errno != ENOENT) {
      put_back(removal, errno);
      all = false;
    } else if (removal.last) {
      all = bury_last(id) && all;
    } else {
      on_evicted_(id.song, id.version, id.slice, false);
    }
  }
  return all;
}

void Disk::put_back(const Inventory::Removal& removal, int error_number) {
  unremovable_.begin(Clock::now(), DiskHealth::pause_after_failure);
  {
    const std::lock_guard lock(mutex_);
    inventory_.put_back(removal);
  }
  fail("a piece cannot be removed", error_number);
}

/// The record goes, too, unless there are pieces again, of this or of another version: theirs has
/// the same name.
bool Disk::bury_last(const PieceId& id) {
  const std::lock_guard naming(naming_);
  bool again = false;
  {
    const std::lock_guard lock(mutex_);
    again = inventory_.contains_song(id.song);
  }
  const bool gone = again || remove_record(id.song);
  on_evicted_(id.song, id.version, id.slice, !again);
  return gone;
}

/// With naming_ held.
bool Disk::remove_record(const std::string& song) {
  if (::unlink(path_of(record_name(song)).c_str()) == 0 || errno == ENOENT) return true;
  fail("a record cannot be removed", errno);
  return false;
}

}  // namespace tonearm::cache
