#pragma once

#include "tonearm/base/result.h"
#include "tonearm/catalog/catalog_options.h"
#include "tonearm/catalog/song_page.h"

#include <sqlite3.h>

#include <string_view>
#include <vector>

namespace tonearm::catalog {

// What SongStore says of the functions of these names, from the tables playlist(id, name) and
// playlist_song(playlist_id, song_id, position). They block, and are to be called within one read
// transaction.

Result<std::vector<Playlist>> list_playlists(sqlite3* connection, const CatalogOptions& options);

/// path_not_found when there is none of this id.
Result<PlaylistPage> read_playlist(sqlite3* connection, const CatalogOptions& options,
                                   std::string_view id, const PageWindow& window);

}  // namespace tonearm::catalog
