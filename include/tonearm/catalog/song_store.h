#pragma once

#include "tonearm/base/result.h"
#include "tonearm/catalog/song.h"
#include "tonearm/catalog/song_page.h"
#include "tonearm/io/task.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tonearm::catalog {

/// Where songs are found. One per loop; never blocks it.
class SongStore {
 public:
  virtual ~SongStore() = default;

  /// The song as the catalog has it now, or song_not_found, or catalog_unavailable (missing,
  /// broken, or locked for 2 s), or internal when the lookup threw. The id is any string; only one
  /// that is_song_id can exist. It must stay valid until the task has returned.
  virtual io::Task<Result<std::shared_ptr<const Song>>> find(std::string_view id) = 0;

  /// Whether the catalog can be read now: for /readyz. Errors as of find(), but song_not_found.
  virtual io::Task<Result<void>> check() = 0;

  // To look through the catalog. Songs of these may come without a `file`. All of them are
  // path_not_found where the catalog has no such thing to look through, catalog_unavailable, or
  // overloaded while too many wait to look through it; a page with `after` is never overloaded.

  /// The songs whose name and artist hold, for each word of `words`, a word that begins with it; in
  /// any order, case and accents folded. All songs when `words` is blank.
  virtual io::Task<Result<SongPage>> search(std::string words, PageWindow window) = 0;
  /// The song as search() lists it, or song_not_found.
  virtual io::Task<Result<std::shared_ptr<const Song>>> listed(std::string id) = 0;
  /// By name.
  virtual io::Task<Result<std::vector<Playlist>>> playlists() = 0;
  /// Songs that the catalog no longer has are left out. path_not_found also for an unknown id.
  virtual io::Task<Result<PlaylistPage>> playlist(std::string id, PageWindow window) = 0;
};

}  // namespace tonearm::catalog
