#include "tonearm/catalog/song_store.h"

namespace tonearm::catalog {
namespace {

Error nothing_to_look_through() {
  return Error{ErrorKind::path_not_found, "There is no list of songs.", {}};
}

}  // namespace

io::Task<Result<SongPage>> SongStore::search(std::string, PageWindow) {
  co_return nothing_to_look_through();
}

io::Task<Result<std::shared_ptr<const Song>>> SongStore::listed(std::string) {
  co_return nothing_to_look_through();
}

io::Task<Result<std::vector<Playlist>>> SongStore::playlists() {
  co_return nothing_to_look_through();
}

io::Task<Result<PlaylistPage>> SongStore::playlist(std::string, PageWindow) {
  co_return nothing_to_look_through();
}

}  // namespace tonearm::catalog
