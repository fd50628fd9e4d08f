#pragma once

#include "tonearm/catalog/catalog_options.h"
#include "tonearm/catalog/song_store.h"
#include "tonearm/io/blocking_pool.h"

#include <memory>

namespace tonearm::catalog {

/// Songs in an SQLite file that others write. Read-only, and leaves no file behind. Rows are
/// cached, and proven current inline at each find(); only what is not cached, changed or locked
/// costs a hop to the pool. One per loop, used on that loop alone; the pools must outlive it, and
/// be joined before the loop is destroyed. Looking through the catalog always costs a hop, to a
/// pool of its own where there is one, so that no search keeps a listener waiting.
class SqliteSongStore final : public SongStore {
 public:
  SqliteSongStore(io::Executor executor, io::BlockingPool& pool, CatalogOptions options);
  SqliteSongStore(io::Executor executor, io::BlockingPool& pool, io::BlockingPool& browsing_pool,
                  CatalogOptions options);
  ~SqliteSongStore() override;

  io::Task<Result<std::shared_ptr<const Song>>> find(std::string_view id) override;
  io::Task<Result<void>> check() override;
  io::Task<Result<SongPage>> search(std::string words, PageWindow window) override;
  io::Task<Result<std::shared_ptr<const Song>>> listed(std::string id) override;
  io::Task<Result<std::vector<Playlist>>> playlists() override;
  io::Task<Result<PlaylistPage>> playlist(std::string id, PageWindow window) override;

 private:
  class Lookups;
  class Browsers;
  std::shared_ptr<Lookups> lookups_;
  std::shared_ptr<Browsers> browsers_;
  io::BlockingPool& browsing_pool_;
};

}  // namespace tonearm::catalog
