#pragma once

#include "server/request.h"

namespace tonearm::server {

// GET and HEAD of what one looks through.

/// /songs?q=&limit=&offset=
io::Task<Result<void>> list_songs(const Request& request, Responder& responder);
/// /songs/{id}
io::Task<Result<void>> show_song(const Request& request, Responder& responder);
/// /songs.m3u?q=, and limit and offset for a part of it.
io::Task<Result<void>> list_songs_as_m3u(const Request& request, Responder& responder);
/// /playlists
io::Task<Result<void>> list_playlists(const Request& request, Responder& responder);
/// /playlists/{id}
io::Task<Result<void>> show_playlist(const Request& request, Responder& responder);
/// /playlists/{id}.m3u
io::Task<Result<void>> show_playlist_as_m3u(const Request& request, Responder& responder);

}  // namespace tonearm::server
