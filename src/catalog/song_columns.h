#pragma once

#include "tonearm/catalog/song.h"

#include <sqlite3.h>

#include <string>
#include <string_view>
#include <vector>

namespace tonearm::catalog {

/// Where in a statement's result the fields of Song stand: found by name, without regard to case.
class SongColumns {
 public:
  SongColumns() = default;
  explicit SongColumns(sqlite3_stmt* statement);

  bool has_file() const { return file_ >= 0; }
  bool has_id() const { return id_ >= 0; }
  /// Its place; -1 where there is none.
  int id_column() const { return id_; }
  /// The recognised columns, in the order of the result.
  const std::vector<std::string>& names() const { return names_; }

  /// The current row. What is NULL, missing or of no use is empty; without an id it is `id`.
  Song read(sqlite3_stmt* row, std::string_view id) const;
  /// The row's id as it stands in URLs; empty without one.
  std::string id(sqlite3_stmt* row) const;
  /// Whether the row's id, where it has one, is written exactly as `id`. A whole number is written
  /// in its canonical decimal form.
  bool has_id(sqlite3_stmt* row, std::string_view id) const;
  /// Whether the row's id is one that a request can name.
  bool can_be_asked_for(sqlite3_stmt* row) const;
  /// What a search looks at: name and artist of the current row, each on a line.
  std::string searched_text(sqlite3_stmt* row) const;

 private:
  int id_ = -1;
  int name_ = -1;
  int artist_ = -1;
  int author_ = -1;
  int duration_ = -1;
  int thumbnail_ = -1;
  int file_ = -1;
  int content_type_ = -1;
  int growing_ = -1;
  int pcm_format_ = -1;
  std::vector<std::string> names_;
};

/// The names above: what tonearm reads when a table or a lookup has it.
inline constexpr const char* song_column_names[] = {
    "id",        "name", "artist",       "author",  "duration",
    "thumbnail", "file", "content_type", "growing", "pcm_format"};

}  // namespace tonearm::catalog
