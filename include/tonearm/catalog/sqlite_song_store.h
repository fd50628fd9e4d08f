#pragma once

#include "tonearm/catalog/catalog_options.h"
#include "tonearm/catalog/song_store.h"
#include "tonearm/io/blocking_pool.h"

#include <memory>

namespace tonearm::catalog {

/// Songs in an SQLite file that others write. Read-only, and leaves no file behind. Rows are
/// cached, and proven current inline at each find(); only what is not cached, changed or locked
/// costs a hop to the pool. One per loop, used on that loop alone; the pool must outlive it, and be
/// joined before the loop is destroyed.
class SqliteSongStore final : public SongStore {
 public:
  SqliteSongStore(io::Executor executor, io::BlockingPool& pool, CatalogOptions options);
  ~SqliteSongStore() override;

  io::Task<Result<std::shared_ptr<const Song>>> find(std::string_view id) override;
  io::Task<Result<void>> check() override;

 private:
  class Lookups;
  std::shared_ptr<Lookups> lookups_;
};

}  // namespace tonearm::catalog
