#pragma once

#include "tonearm/catalog/log_owners.h"
#include "tonearm/catalog/read_turns.h"

#include <memory>
#include <stop_token>
#include <string>

namespace tonearm::catalog {

/// What the catalog takes from [catalog].
struct CatalogSettings {
  /// The SQLite file; ":memory:" when `lookup` needs none.
  std::string path = "catalog.sqlite3";
  /// SQL with :id that yields a column `file`, and any of the other columns of Song; empty for the
  /// table music_song.
  std::string lookup;
  /// SQL without parameters that yields what there is to list where `lookup` is set: a column `id`,
  /// and any of name, artist, duration, thumbnail and content_type.
  std::string list;
  /// Where these two stand, "tonearm.toml:7: ": what a complaint about them begins with.
  std::string lookup_place;
  std::string list_place;

  /// A list counts with a lookup alone: else the table is listed.
  bool has_list() const { return !lookup.empty() && !list.empty(); }

  bool operator==(const CatalogSettings&) const = default;
};

/// And what the process lends to its connections.
struct CatalogOptions : CatalogSettings {
  /// Once it is requested nobody waits for an answer any more: what runs fails at once.
  std::stop_token stop = {};
  /// What earlier connections saw, and these see. Not null.
  std::shared_ptr<LogOwners> log_owners = std::make_shared<LogOwners>();
  /// Shared by all in this process that look through a catalog. Not null.
  std::shared_ptr<ReadTurns> read_turns = std::make_shared<ReadTurns>();
};

}  // namespace tonearm::catalog
