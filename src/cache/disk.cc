#include "cache/disk.h"

#include "cache/geometry.h"

#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace tonearm::cache {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds pause_after_failure{10};
constexpr std::uint64_t page = 4096;  ///< What file systems hand out room in.
constexpr std::uint64_t record_bytes = page;

std::uint64_t on_disk(std::uint64_t bytes) { return (bytes + page - 1) / page * page; }

bool write_all(int descriptor, std::string_view bytes, off_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(descriptor, bytes.data(), bytes.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
    offset += count;
  }
  return true;
}

}  // namespace

Disk::Disk(std::string path, std::uint64_t size, OnEvicted on_evicted)
    : path_(std::move(path)), size_(size), on_evicted_(std::move(on_evicted)) {
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
  note_played();
  if (lock_ >= 0) ::close(lock_);
}

bool Disk::try_open() {
  const auto refuse = [this](const std::string& why) {
    if (!warned_.exchange(true)) {
      spdlog::warn("cache.path {}: {}; serving without the cache", path_, why);
    }
    return false;
  };
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  if (error) return refuse(error.message());
  const int lock = ::open(path_of("lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const int read_only = lock >= 0 ? lock : ::open(path_of("lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (read_only < 0) return refuse(std::generic_category().message(errno));
  if (::flock(read_only, LOCK_EX | LOCK_NB) != 0) {
    ::close(read_only);
    return refuse("another process uses it");
  }
  lock_ = read_only;
  warned_ = false;
  return true;
}

void Disk::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    if (ready_ && missing_.exchange(false) && is_removed()) start_over();
    if (!ready_) ready_ = try_open();
    if (ready_ && !scanned_) {
      scan();
      changed_.notify_all();
    }
    note_played();
    shrink();
    lock.lock();
    changed_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; });
  }
}

bool Disk::is_removed() const { return ::access(path_.c_str(), F_OK) != 0 && errno == ENOENT; }

/// Nothing that was in the directory can be found any more, and its lock keeps nobody out.
void Disk::start_over() {
  ready_ = false;
  scanned_ = false;
  Victims victims;
  {
    const std::lock_guard lock(mutex_);
    while (!lru_.empty()) take_out(lru_.begin(), victims);
  }
  bury(victims);
  ::close(std::exchange(lock_, -1));
  failing_until_ = 0;
}

bool Disk::wait_until_scanned(std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, most, [this] { return scanned_ || !ready_; });
}

/// A record's time is when the song was played last: that is the order after a restart.
void Disk::note_played() {
  std::vector<std::string> played;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, song] : songs_) {
      if (std::exchange(song.played, false)) played.push_back(name);
    }
  }
  for (const std::string& name : played) {
    ::utimensat(AT_FDCWD, path_of(record_name(name)).c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
  }
}

/// To a size that has become smaller.
void Disk::shrink() {
  Victims victims;
  {
    const std::lock_guard lock(mutex_);
    make_room(0, PieceId{}, victims);
  }
  bury(victims);
}

bool Disk::writable() const {
  return scanned_ && Clock::now().time_since_epoch().count() >= failing_until_;
}

void Disk::fail(std::string_view what, int error_number) {
  if (error_number == ENOENT) missing_ = true;
  failing_until_ = (Clock::now() + pause_after_failure).time_since_epoch().count();
  if (warned_.exchange(true)) return;
  spdlog::warn("cache.path {}: {}: {}; what is missing is served without the cache", path_, what,
               std::generic_category().message(error_number));
}

void Disk::succeed() {
  if (warned_ && warned_.exchange(false)) spdlog::info("cache.path {} can be written again", path_);
}

std::optional<SongRecord> Disk::load_record(const std::string& song) const {
  if (!ready_) return std::nullopt;
  const int descriptor =
      ::open(path_of(record_name(song)).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return std::nullopt;
  const File file(descriptor);
  std::string bytes(most_record_bytes, '\0');
  const ssize_t count = ::pread(descriptor, bytes.data(), bytes.size(), 0);
  if (count <= 0) return std::nullopt;
  return decode_record(std::string_view(bytes).substr(0, static_cast<std::size_t>(count)));
}

bool Disk::store_record(const std::string& song, const Wanted& wanted) {
  const std::lock_guard naming(naming_);
  const std::optional<SongRecord> record = wanted();
  if (!record) return true;
  const std::string bytes = encode_record(*record);
  if (bytes.size() > most_record_bytes) return false;
  const std::string name = path_of(record_name(song));
  const std::string fresh = name + ".new";
  const int descriptor = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool stored = descriptor >= 0;
  if (stored) {
    const File file(descriptor);
    stored = write_all(descriptor, bytes, 0);
  }
  stored = stored && ::rename(fresh.c_str(), name.c_str()) == 0;
  if (stored) return true;
  const int error = errno;
  ::unlink(fresh.c_str());
  fail("a record cannot be written", error);
  return false;
}

std::shared_ptr<File> Disk::open_piece(const PieceId& id) {
  if (!ready_) return nullptr;
  const std::string name = path_of(piece_name(id));
  int descriptor = ::open(name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0 && (errno == EACCES || errno == EROFS)) {
    descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  }
  if (descriptor < 0) return nullptr;
  auto file = std::make_shared<File>(descriptor);
  struct stat now {};
  if (::fstat(descriptor, &now) != 0) return nullptr;
  Victims victims;
  {
    const std::lock_guard lock(mutex_);
    const auto song = songs_.find(id.song);
    const bool replaced = song != songs_.end() && song->second.version != id.version;
    if (replaced) return nullptr;
    const auto taken = static_cast<std::uint64_t>(now.st_blocks) * 512;
    if (find(id) == nullptr) add(id, std::max(taken, page), false, victims);
  }
  bury(victims);
  // Evicted between the two: it is counted no more, or counted and gone.
  if (::fstat(descriptor, &now) != 0 || now.st_nlink == 0) {
    drop_piece(id);
    return nullptr;
  }
  return file;
}

std::shared_ptr<File> Disk::create_piece(const PieceId& id, std::uint64_t slice_size) {
  if (!writable()) return nullptr;
  const std::uint64_t bytes = on_disk(index_size(slice_size));
  Victims victims;
  bool room = false;
  {
    const std::lock_guard lock(mutex_);
    if (Item* known = find(id)) take_out(songs_.at(id.song).pieces.at(known->slice), victims);
    room = make_room(bytes + record_bytes, id, victims);
    if (room) add(id, bytes, false, victims);
  }
  bury(victims);
  if (!room) return nullptr;
  const std::string name = path_of(piece_name(id));
  constexpr int anew = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
  int descriptor = ::open(name.c_str(), anew, 0600);
  if (descriptor < 0 && errno == EEXIST) {
    ::unlink(name.c_str());
    descriptor = ::open(name.c_str(), anew, 0600);
  }
  if (descriptor < 0) {
    fail("a piece cannot be made", errno);
    drop_piece(id);
    return nullptr;
  }
  auto file = std::make_shared<File>(descriptor);
  if (write_all(descriptor, make_index(id, slice_size), static_cast<off_t>(slice_size)))
    return file;
  fail("a piece cannot be written", errno);
  drop_piece(id);
  return nullptr;
}

bool Disk::grow_piece(const PieceId& id, std::uint64_t bytes) {
  if (!writable()) return false;
  Victims victims;
  bool grown = false;
  {
    const std::lock_guard lock(mutex_);
    if (find(id) != nullptr && make_room(on_disk(bytes), id, victims)) {
      find(id)->bytes += on_disk(bytes);
      total_ += on_disk(bytes);
      grown = true;
    }
  }
  bury(victims);
  return grown;
}

void Disk::drop_piece(const PieceId& id) {
  Victims victims;
  {
    const std::lock_guard lock(mutex_);
    if (Item* item = find(id)) take_out(item->song->pieces.at(item->slice), victims);
  }
  if (victims.empty()) ::unlink(path_of(piece_name(id)).c_str());
  bury(victims);
}

void Disk::forget(const std::string& song, std::uint64_t version) {
  Victims victims;
  {
    const std::lock_guard lock(mutex_);
    const auto found = songs_.find(song);
    if (found != songs_.end() && found->second.version == version) {
      take_out_all(found->second, victims);
    }
  }
  bury(victims);
}

bool Disk::may_hold(const PieceId& id) const {
  if (!ready_) return false;
  if (!scanned_) return true;
  const std::lock_guard lock(mutex_);
  const auto song = songs_.find(id.song);
  return song != songs_.end() && song->second.version == id.version &&
         song->second.pieces.contains(id.slice);
}

bool Disk::may_hold(const std::string& song, std::uint64_t version, std::uint64_t least) const {
  if (!scanned_) return true;
  const std::lock_guard lock(mutex_);
  const auto found = songs_.find(song);
  const bool known = found != songs_.end() && found->second.version == version;
  return (known ? found->second.pieces.size() : 0) >= least;
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
  const auto found = songs_.find(song);
  if (found == songs_.end() || found->second.version != version) return std::nullopt;
  const auto piece = found->second.pieces.lower_bound(from);
  if (piece == found->second.pieces.end()) return std::nullopt;
  return piece->first;
}

void Disk::touch(const PieceId& id) {
  const std::lock_guard lock(mutex_);
  Item* item = find(id);
  if (item == nullptr) return;
  item->song->played = true;
  lru_.splice(lru_.end(), lru_, item->song->pieces.at(item->slice));
}

void Disk::pin(const std::string& song, std::uint64_t version) {
  const std::lock_guard lock(mutex_);
  ++pinned_[{song, version}];
}

void Disk::unpin(const std::string& song, std::uint64_t version) {
  const std::lock_guard lock(mutex_);
  const auto pinned = pinned_.find({song, version});
  if (pinned != pinned_.end() && --pinned->second == 0) pinned_.erase(pinned);
}

Disk::Totals Disk::totals() const {
  const std::lock_guard lock(mutex_);
  return {songs_.size(), lru_.size(), total_, evictions_};
}

Disk::Item* Disk::find(const PieceId& id) {
  const auto song = songs_.find(id.song);
  if (song == songs_.end() || song->second.version != id.version) return nullptr;
  const auto piece = song->second.pieces.find(id.slice);
  return piece == song->second.pieces.end() ? nullptr : &*piece->second;
}

void Disk::add(const PieceId& id, std::uint64_t bytes, bool oldest, Victims& victims) {
  const auto other = songs_.find(id.song);
  if (other != songs_.end() && other->second.version != id.version) {
    take_out_all(other->second, victims);
    if (!victims.empty()) victims.back().last = false;  // the record is the new version's
  }
  const auto [found, fresh] = songs_.try_emplace(id.song);
  Song& song = found->second;
  if (fresh) {
    song.name = id.song;
    song.version = id.version;
    total_ += record_bytes;
  }
  const auto place = lru_.insert(oldest ? lru_.begin() : lru_.end(), Item{&song, id.slice, bytes});
  song.pieces.emplace(id.slice, place);
  total_ += bytes;
}

void Disk::take_out(Lru::iterator item, Victims& victims) {
  Song& song = *item->song;
  victims.push_back({PieceId{song.name, song.version, item->slice}, false});
  total_ -= item->bytes;
  song.pieces.erase(item->slice);
  lru_.erase(item);
  if (!song.pieces.empty()) return;
  victims.back().last = true;
  total_ -= record_bytes;
  songs_.erase(std::string(song.name));
}

void Disk::take_out_all(Song& song, Victims& victims) {
  for (std::size_t left = song.pieces.size(); left > 0; --left) {
    take_out(song.pieces.begin()->second, victims);
  }
}

/// Whoever was played longest ago goes; the piece that asks stays, and what is pinned.
bool Disk::make_room(std::uint64_t bytes, const PieceId& for_whom, Victims& victims) {
  if (bytes > size_) return false;
  auto oldest = lru_.begin();
  while (total_ + bytes > size_) {
    if (oldest == lru_.end()) return false;
    const auto victim = oldest++;
    if (victim->song->name == for_whom.song && victim->slice == for_whom.slice) continue;
    if (is_pinned(*victim->song)) continue;
    take_out(victim, victims);
    ++evictions_;
  }
  return true;
}

void Disk::bury(const Victims& victims) {
  for (const Victim& victim : victims) {
    ::unlink(path_of(piece_name(victim.id)).c_str());
    if (victim.last) {
      bury_last(victim.id);
    } else {
      on_evicted_(victim.id.song, victim.id.version, victim.id.slice, false);
    }
  }
}

/// The record goes, too, unless there are pieces again, of this or of another version: theirs has
/// the same name.
void Disk::bury_last(const PieceId& id) {
  const std::lock_guard naming(naming_);
  bool again = false;
  {
    const std::lock_guard lock(mutex_);
    again = songs_.contains(id.song);
  }
  if (!again) ::unlink(path_of(record_name(id.song)).c_str());
  on_evicted_(id.song, id.version, id.slice, !again);
}

}  // namespace tonearm::cache
