#pragma once

#include "tonearm/catalog/song.h"

#include "server/song_links.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace tonearm::server {

/// An id of the catalog: a number where it is one there, an integer in its canonical decimal form
/// that every reader holds exactly (RFC 8259 §6: within ±(2^53-1)), else a string.
nlohmann::ordered_json id_json(std::string_view id, bool is_text);

/// A song as /songs shows it: `{"id": …, "stream_url": …}`; duration, thumbnail and content_type
/// are null where nobody knows them. Never says where the song's file is.
nlohmann::ordered_json song_json(const catalog::Song& song, const SongLinks& links);

/// Appends a song's two lines of an extended M3U playlist. Whatever its name holds, it is one short
/// line of UTF-8: players read lines of some kilobytes at most.
void append_song_m3u(std::string& out, const catalog::Song& song, const SongLinks& links);

/// `text` as it may stand in a line of M3U: no control characters, no invalid UTF-8, and not longer
/// than a line on a screen.
std::string m3u_text(std::string_view text);

}  // namespace tonearm::server
