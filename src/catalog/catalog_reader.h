#pragma once

#include "tonearm/base/result.h"
#include "tonearm/catalog/catalog_options.h"

#include "catalog/change_detector.h"
#include "catalog/database.h"
#include "catalog/song_query.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tonearm::catalog {

/// The blocking side of a song store: the open database, and the lookups in it. One thread at a
/// time.
class CatalogReader {
 public:
  using Found = SongQuery::Found;

  struct Batch {
    std::vector<std::string> ids;  ///< An empty one asks only whether it can be read.
    /// Since when the first of them has waited for who holds the lock; empty: it has not.
    std::optional<std::chrono::steady_clock::time_point> since;
    bool reopen = false;  ///< The catalog changed: look at all of it anew.
  };

  struct Answer {
    /// Of the first ids, null where there is none; of all of them, unless that would take long: who
    /// has his answer shall not wait for the others'.
    std::vector<Found> songs;
    bool cacheable = false;
    bool failed = false;     ///< By more than a lock or its time: what is open is of no more use.
    bool disturbed = false;  ///< Somebody wrote at the wrong moment: worth another try.
    bool torn = false;       ///< The same, and no song of it is to be believed.
    /// Of what was opened anew for this batch, before any row was read; else nothing.
    std::unique_ptr<ChangeDetector> detector;
  };

  explicit CatalogReader(CatalogOptions options) : options_(std::move(options)) {}

  /// The same error for each of a batch's ids.
  static Answer failure(std::size_t count, const Error& error);

  Answer look_up(const Batch& batch);

  /// Opens it unless it is open.
  Result<CatalogDescription> describe();

 private:
  /// With what tells changes from then on, null where nothing can or what did before still does.
  Result<std::unique_ptr<ChangeDetector>> open(const TimeLimit& limit);
  void close();
  /// Stands in nobody's way until the next batch.
  void rest();
  Answer try_once(const Batch& batch, TimeLimit limit);
  /// Whether it failed in a way that makes what is open useless.
  bool is_useless(const Found& found) const;
  Found read(const std::string& id);
  bool was_written_meanwhile() const;
  /// Whether the schema is surely not the one that query_ was prepared for.
  bool has_other_schema();

  CatalogOptions options_;
  std::optional<CatalogFiles> files_;  ///< Before database_ was opened.
  std::optional<Database> database_;
  std::int64_t schema_version_ = 0;
  std::optional<SongQuery> query_;  ///< After database_, to be destroyed before it.
  bool rests_ = false;              ///< Closed, and nothing had changed by then.
};

}  // namespace tonearm::catalog
