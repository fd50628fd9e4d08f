#include "catalog/song_columns.h"

#include "tonearm/base/number.h"

#include "catalog/id_value.h"
#include "catalog/sqlite_handles.h"

#include <array>
#include <cmath>

namespace tonearm::catalog {
namespace {

std::string text_or_empty(sqlite3_stmt* row, int column) {
  return column < 0 ? std::string() : column_text(row, column);
}

std::optional<double> seconds(sqlite3_stmt* row, int column) {
  if (column < 0) return std::nullopt;
  double value = 0;
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
    case SQLITE_FLOAT:
      value = sqlite3_column_double(row, column);
      break;
    case SQLITE_TEXT: {
      const std::string text = column_text(row, column);
      value = parse_number<double>(std::string_view(text)).value_or(-1);
      break;
    }
    default:
      return std::nullopt;
  }
  if (!std::isfinite(value) || value < 0) return std::nullopt;
  return value;
}

bool is_true(sqlite3_stmt* row, int column) {
  if (column < 0) return false;
  if (sqlite3_column_type(row, column) == SQLITE_TEXT) {
    const auto text = column_text(row, column);
    if (sqlite3_stricmp(text.c_str(), "true") == 0) return true;
  }
  return sqlite3_column_double(row, column) != 0;
}

}  // namespace

SongColumns::SongColumns(sqlite3_stmt* statement) {
  const std::array<int*, std::size(song_column_names)> places = {
      &id_,        &name_, &artist_,       &author_,  &duration_,
      &thumbnail_, &file_, &content_type_, &growing_, &pcm_format_};
  const int count = sqlite3_column_count(statement);
  for (int column = 0; column < count; ++column) {
    const char* const name = sqlite3_column_name(statement, column);
    if (name == nullptr) continue;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (*places[i] >= 0 || sqlite3_stricmp(name, song_column_names[i]) != 0) continue;
      *places[i] = column;
      names_.emplace_back(name);
    }
  }
}

Song SongColumns::read(sqlite3_stmt* row, std::string_view id) const {
  Song song;
  // The type first: asking for the text may convert the value.
  song.id_is_text = id_ >= 0 && sqlite3_column_type(row, id_) == SQLITE_TEXT;
  song.id = this->id(row);
  if (song.id.empty()) song.id = id;
  song.name = text_or_empty(row, name_);
  song.artist = text_or_empty(row, artist_ >= 0 ? artist_ : author_);
  song.duration = seconds(row, duration_);
  song.thumbnail = text_or_empty(row, thumbnail_);
  song.file = text_or_empty(row, file_);
  song.content_type = text_or_empty(row, content_type_);
  song.growing = is_true(row, growing_);
  song.pcm_format = text_or_empty(row, pcm_format_);
  return song;
}

std::string SongColumns::searched_text(sqlite3_stmt* row) const {
  return text_or_empty(row, name_) + '\n' + text_or_empty(row, artist_ >= 0 ? artist_ : author_);
}

std::string SongColumns::id(sqlite3_stmt* row) const {
  return id_ < 0 ? std::string() : id_text(sqlite3_column_value(row, id_));
}

bool SongColumns::has_id(sqlite3_stmt* row, std::string_view id) const {
  return id_ < 0 || this->id(row) == id;
}

bool SongColumns::can_be_asked_for(sqlite3_stmt* row) const {
  return id_ >= 0 && is_song_id(sqlite3_column_value(row, id_));
}

}  // namespace tonearm::catalog
