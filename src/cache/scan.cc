#include "cache/disk.h"

#include <spdlog/spdlog.h>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <unordered_map>

namespace tonearm::cache {
struct FoundPiece {
  PieceId id;
  std::uint64_t bytes = 0;
};

struct FoundSong {
  std::string name;
  bool has_record = false;
  timespec played{};
  std::vector<FoundPiece> pieces;
};

namespace {

constexpr std::chrono::microseconds pause_between_batches{100};

/// Every version has pieces of its own name; the record says which of them counts.
bool is_mixed(const FoundSong& song) {
  return std::any_of(song.pieces.begin(), song.pieces.end(), [&](const FoundPiece& piece) {
    return piece.id.version != song.pieces.front().id.version;
  });
}

bool earlier(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

/// Empty when it cannot be read to its end: `errno` says why; or when that is of no use any more.
std::optional<std::vector<FoundSong>> read_directory(const std::string& path,
                                                     const std::atomic<bool>& stopping) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), &::closedir);
  const int descriptor = directory ? ::dirfd(directory.get()) : -1;
  if (descriptor < 0) return std::nullopt;
  std::unordered_map<std::string, FoundSong> songs;
  const auto next = [&directory] {
    errno = 0;
    return ::readdir(directory.get());
  };
  while (const dirent* entry = next()) {
    if (stopping) return std::nullopt;
    const std::string_view name(entry->d_name);
    FileName parsed = parse_file_name(name);
    struct stat status {};
    if (parsed.kind == FileName::Kind::foreign) continue;
    if (parsed.kind == FileName::Kind::temporary) {
      ::unlinkat(descriptor, entry->d_name, 0);
      continue;
    }
    if (::fstatat(descriptor, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;  // it went meanwhile
      return std::nullopt;
    }
    FoundSong& song = songs[parsed.id.song];
    song.name = parsed.id.song;
    if (parsed.kind == FileName::Kind::record) {
      song.has_record = true;
      song.played = status.st_mtim;
    } else {
      const auto bytes = static_cast<std::uint64_t>(status.st_blocks) * 512;
      song.pieces.push_back({std::move(parsed.id), bytes});
    }
  }
  if (errno != 0) return std::nullopt;
  std::vector<FoundSong> found;
  found.reserve(songs.size());
  for (auto& [name, song] : songs) found.push_back(std::move(song));
  return found;
}

}  // namespace

/// Finds what an earlier process has left. What cannot be listed is no empty directory: it is tried
/// again.
void Disk::scan() {
  const auto started = std::chrono::steady_clock::now();
  std::optional<std::vector<FoundSong>> found = read_directory(path_, stopping_);
  const int error = errno;
  if (found) discard_leftovers(*found);
  if (found) take_over(std::move(*found));
  if (stopping_) return;
  if (!found) return fail("it cannot be listed", error);
  const auto took = std::chrono::steady_clock::now() - started;
  const Inventory::Totals now = totals();
  spdlog::info("cache: {} songs, {} pieces, {} bytes found in {} ms", now.songs, now.pieces,
               now.bytes, std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
}

void Disk::discard_leftovers(std::vector<FoundSong>& found) {
  for (FoundSong& song : found) {
    if (stopping_) return;
    discard_leftovers(song);
  }
  std::erase_if(found, [](const FoundSong& song) { return song.pieces.empty(); });
}

/// Pieces without a record and records without a piece are what a crash leaves behind: they go.
void Disk::discard_leftovers(FoundSong& song) {
  std::uint64_t version = song.pieces.empty() ? 0 : song.pieces.front().id.version;
  if (song.has_record && is_mixed(song)) {
    const auto record = load_record(song.name);
    if (!record) return;  // that cannot be told now
    version = *record ? (*record)->version : 0;
  }
  const auto counts = [&](const FoundPiece& piece) {
    return song.has_record && piece.id.version == version;
  };
  const auto gone = std::partition(song.pieces.begin(), song.pieces.end(), counts);
  for (auto piece = gone; piece != song.pieces.end(); ++piece) {
    if (stopping_) return;
    ::unlink(path_of(piece_name(piece->id)).c_str());
  }
  song.pieces.erase(gone, song.pieces.end());
  if (song.pieces.empty() && song.has_record) ::unlink(path_of(record_name(song.name)).c_str());
}

/// In the order in which they were played. What was played since the start stays the latest.
void Disk::take_over(std::vector<FoundSong> found) {
  std::sort(found.begin(), found.end(),
            [](const FoundSong& a, const FoundSong& b) { return earlier(b.played, a.played); });
  for (FoundSong& song : found) {
    std::sort(song.pieces.begin(), song.pieces.end(),
              [](const auto& a, const auto& b) { return a.id.slice > b.id.slice; });
  }
  for (std::span<const FoundSong> rest(found); !rest.empty();) {
    if (stopping_) return;
    rest = rest.subspan(take_over_some(rest));
    // A mutex is not fair: who waits for it has it only after a while in which we do not want it.
    std::this_thread::sleep_for(pause_between_batches);
  }
  {
    const std::lock_guard lock(mutex_);
    scanned_ = true;
    forgotten_.clear();
  }
  evict_surplus();
  settled_ = true;
}

/// A batch of them, how many songs are in it; each of them as a whole, for it may be forgotten
/// before the next batch.
std::size_t Disk::take_over_some(std::span<const FoundSong> found) {
  Inventory::Removals forgotten;
  std::size_t songs = 0;
  std::size_t pieces = 0;
  {
    const std::lock_guard lock(mutex_);
    for (; songs < found.size() && pieces < pieces_in_batch; ++songs) {
      const FoundSong& song = found[songs];
      if (forgotten_.contains(song.name)) {
        for (const FoundPiece& piece : song.pieces) {
          forgotten.push_back({piece.id, false, piece.bytes, false});
        }
      } else {
        take_over_one(song);
      }
      pieces += song.pieces.size();
    }
  }
  bury(forgotten);
  return songs;
}

/// With the lock held.
void Disk::take_over_one(const FoundSong& song) {
  Inventory::Removals none;
  for (const FoundPiece& piece : song.pieces) {
    if (inventory_.contains(piece.id)) continue;
    if (inventory_.contains_other(piece.id.song, piece.id.version)) continue;
    inventory_.add(piece.id, piece.bytes, Inventory::Turn::first, none);
  }
}

}  // namespace tonearm::cache
