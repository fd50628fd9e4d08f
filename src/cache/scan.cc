#include "cache/disk.h"

#include <spdlog/spdlog.h>

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <unordered_map>

namespace tonearm::cache {
namespace {

struct FoundPiece {
  PieceId id;
  std::uint64_t bytes = 0;
};

struct FoundSong {
  bool has_record = false;
  timespec played{};
  std::vector<FoundPiece> pieces;
};

using FoundSongs = std::unordered_map<std::string, FoundSong>;

/// Every version has pieces of its own name; the record says which of them counts.
bool is_mixed(const FoundSong& song) {
  return std::any_of(song.pieces.begin(), song.pieces.end(), [&](const FoundPiece& piece) {
    return piece.id.version != song.pieces.front().id.version;
  });
}

bool earlier(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

FoundSongs read_directory(const std::string& path) {
  FoundSongs songs;
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) return songs;
  const int descriptor = ::dirfd(directory);
  while (const dirent* entry = ::readdir(directory)) {
    const std::string_view name(entry->d_name);
    FileName parsed = parse_file_name(name);
    struct stat status {};
    if (parsed.kind == FileName::Kind::foreign) continue;
    if (parsed.kind == FileName::Kind::temporary) {
      ::unlinkat(descriptor, entry->d_name, 0);
      continue;
    }
    if (::fstatat(descriptor, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    FoundSong& song = songs[parsed.id.song];
    if (parsed.kind == FileName::Kind::record) {
      song.has_record = true;
      song.played = status.st_mtim;
    } else {
      const auto bytes = static_cast<std::uint64_t>(status.st_blocks) * 512;
      song.pieces.push_back({std::move(parsed.id), bytes});
    }
  }
  ::closedir(directory);
  return songs;
}

}  // namespace

/// Finds what an earlier process has left, and orders it by when it was played. Pieces without a
/// record and records without a piece are what a crash leaves behind: they go.
void Disk::scan() {
  const auto started = std::chrono::steady_clock::now();
  FoundSongs found = read_directory(path_);
  std::vector<std::pair<const std::string, FoundSong>*> order;
  for (auto& song : found) {
    FoundSong& of = song.second;
    std::uint64_t version = of.pieces.empty() ? 0 : of.pieces.front().id.version;
    if (of.has_record && is_mixed(of)) {
      const auto record = load_record(song.first);
      version = record ? record->version : 0;
    }
    const auto gone = std::partition(of.pieces.begin(), of.pieces.end(), [&](const auto& piece) {
      return of.has_record && piece.id.version == version;
    });
    for (auto piece = gone; piece != of.pieces.end(); ++piece) {
      ::unlink(path_of(piece_name(piece->id)).c_str());
    }
    of.pieces.erase(gone, of.pieces.end());
    if (!of.pieces.empty()) {
      order.push_back(&song);
    } else if (of.has_record) {
      ::unlink(path_of(record_name(song.first)).c_str());
    }
  }
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return earlier(b->second.played, a->second.played);
  });
  Victims victims;
  {
    const std::lock_guard lock(mutex_);
    for (auto* song : order) {
      std::vector<FoundPiece>& pieces = song->second.pieces;
      std::sort(pieces.begin(), pieces.end(),
                [](const auto& a, const auto& b) { return a.id.slice > b.id.slice; });
      for (const FoundPiece& piece : pieces) {
        const auto known = songs_.find(song->first);
        const bool other = known != songs_.end() && known->second.version != piece.id.version;
        if (!other && find(piece.id) == nullptr) add(piece.id, piece.bytes, true, victims);
      }
    }
    make_room(0, PieceId{}, victims);
    scanned_ = true;
  }
  bury(victims);
  const auto took = std::chrono::steady_clock::now() - started;
  const Totals now = totals();
  spdlog::info("cache: {} songs, {} pieces, {} bytes found in {} ms", now.songs, now.pieces,
               now.bytes, std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
}

}  // namespace tonearm::cache
