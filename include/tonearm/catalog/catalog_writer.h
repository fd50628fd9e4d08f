#pragma once

#include "tonearm/base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tonearm::catalog {

/// A song as `import` found it. Text may hold any bytes but NUL.
struct ImportedSong {
  std::string file;  ///< The catalog's value: what tells songs apart.
  std::string name;
  std::string artist;
  std::string album;
  std::string guessed_name;   ///< For a new row of a song without a name.
  std::string guessed_type;   ///< The media type, for a new row.
  std::int64_t duration = 0;  ///< Seconds; 0: unknown.
  std::int64_t size = 0;      ///< Of the file, bytes.
  std::int64_t modified = 0;  ///< Of the file, nanoseconds since the epoch; 0: there is no file.
};

/// Adds songs to the table music_song: one that it makes, with a full-text index, or one that is
/// there, to which it only adds rows. What it has seen of files is kept in a table of its own,
/// tonearm_import. Blocks; one thread. Whatever happens to the process, the catalog is one of those
/// that were committed.
class CatalogWriter {
 public:
  enum class Written : std::uint8_t { added, updated, unchanged };

  /// Creates the file, or the table in a database that is empty. The error's detail is one line
  /// that says what is wrong and what would be right. Here and in each write another program's lock
  /// is waited for, ten seconds at most and not once `is_stopped`.
  static Result<std::unique_ptr<CatalogWriter>> open(
      const std::string& path, std::function<bool()> is_stopped = [] { return false; });
  ~CatalogWriter();
  CatalogWriter(const CatalogWriter&) = delete;
  CatalogWriter& operator=(const CatalogWriter&) = delete;

  // The next two say what was there at the last write, or when it was opened.

  /// Whether the song is there, and its file was of this size and time when it was imported.
  bool is_unchanged(std::string_view file, std::int64_t size, std::int64_t modified) const;
  /// The id of the song that has this `file`, lowest first.
  std::optional<std::int64_t> find(std::string_view file) const;

  /// All of them in one transaction, in their order; what others wrote meanwhile is known then. An
  /// update leaves alone what the new song says nothing of, whatever it guesses, and so all of a
  /// song without a file. A song that a constraint of the table refuses is an error among the
  /// others; any other failure is one of all of them, and then nothing is written.
  Result<std::vector<Result<Written>>> write(const std::vector<ImportedSong>& songs);
  /// Replaces the songs of the playlist of this name, or makes one. The tables too. `choose` gives
  /// the songs' ids, or nothing to leave all as it is; it is called once nobody else can write, so
  /// that find() knows them. A song that the table refuses is an error among the others, unless it
  /// refuses all: then nothing is written, as with any other failure.
  using Choose = std::function<std::optional<std::vector<std::int64_t>>()>;
  Result<std::vector<Result<void>>> write_playlist(const std::string& name, const Choose& choose);

 private:
  class Tables;
  explicit CatalogWriter(std::unique_ptr<Tables> tables);
  std::unique_ptr<Tables> tables_;
};

}  // namespace tonearm::catalog
