#pragma once

#include "tonearm/catalog/song.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tonearm::catalog {

/// The song that an answer has come to.
struct LastSong {
  std::string id;
  bool id_is_text = false;  ///< As of Song.
};

/// Which part of a list is wanted.
struct PageWindow {
  std::uint64_t limit = 50;  ///< Songs, at most.
  std::uint64_t offset = 0;  ///< How many come before the first.
  /// Of an answer that has begun: who is let in is not refused half-way. In a table whose ids are
  /// unique the page begins behind this song, and no more with `offset`: whatever came and went
  /// before it, none is missing.
  std::optional<LastSong> after = {};
};

/// Part of a list of songs, in the catalog's order.
struct SongPage {
  std::vector<Song> songs;
  /// Of the whole list; not counted (0) for a page that begins behind a song.
  std::uint64_t total = 0;
};

struct Playlist {
  std::string id;
  std::string name;
  std::uint64_t songs = 0;  ///< How many of them the catalog has.
  bool id_is_text = false;  ///< As of Song.
};

/// One playlist and part of its songs, in the order of their positions.
struct PlaylistPage {
  Playlist playlist;
  std::vector<Song> songs;
};

}  // namespace tonearm::catalog
