#include "server/song_text.h"

#include "tonearm/base/utf8.h"
#include "tonearm/http/content_type.h"

#include "server/json_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace tonearm::server {
namespace {

constexpr std::size_t longest_m3u_text = 500;  // bytes

void append_member_or_null(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json_string_or_null(out, value);
}

/// The shortest form that is the same number: `60`, `183.24`. Where a column must have a value, 0
/// says that nobody knows it.
void append_seconds_or_null(std::string& out, std::optional<double> seconds) {
  if (!seconds || *seconds <= 0) {
    out += "null";
    return;
  }
  std::array<char, 400> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *seconds,
                                 std::chars_format::fixed);
  out.append(digits.data(), end.ptr);
}

/// The type that a player may expect; nothing rather than a type that says nothing.
std::string content_type_of(const catalog::Song& song) {
  if (!song.pcm_format.empty() && song.content_type.empty()) return "audio/wav";
  std::string type = http::choose_content_type(song.content_type, {}, song.file);
  return type == "application/octet-stream" ? std::string() : type;
}

}  // namespace

void append_song_json(std::string& out, const catalog::Song& song, const SongLinks& links) {
  out += "{\"id\":";
  append_json_id(out, song.id);
  append_json_member(out, "name", song.name);
  append_json_member(out, "artist", song.artist);
  out += ",\"duration\":";
  append_seconds_or_null(out, song.duration);
  append_member_or_null(out, "thumbnail", links.thumbnail(song));
  append_member_or_null(out, "content_type", content_type_of(song));
  append_json_member(out, "stream_url", links.stream_url(song.id));
  out += '}';
}

void append_song_m3u(std::string& out, const catalog::Song& song, const SongLinks& links) {
  const std::string name = song.name.empty() ? "Song " + song.id : song.name;
  out += "#EXTINF:";
  const double seconds = song.duration.value_or(0);
  const bool known = seconds > 0 && seconds < 1e9;
  out += known ? std::to_string(std::lround(seconds)) : "-1";
  out += ',';
  if (!song.artist.empty()) out += m3u_text(song.artist) + " - ";
  out += m3u_text(name);
  out += '\n';
  out += links.stream_url(song.id);
  out += '\n';
}

std::string m3u_text(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    if (safe.size() >= longest_m3u_text) return safe + "…";
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) {
      safe += replacement_character;
      text.remove_prefix(1);
      continue;
    }
    const auto character = text.substr(0, length);
    if (is_control(character)) {
      safe += ' ';
    } else {
      safe += character;
    }
    text.remove_prefix(length);
  }
  return safe;
}

}  // namespace tonearm::server
