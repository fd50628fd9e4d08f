#pragma once

#include "tonearm/cache/cache.h"
#include "tonearm/catalog/catalog_options.h"
#include "tonearm/io/blocking_pool.h"
#include "tonearm/server/shared.h"
#include "tonearm/source/connection_limit.h"
#include "tonearm/source/file_watches.h"
#include "tonearm/source/resolvers.h"
#include "tonearm/source/s3_account.h"

#include "app/config.h"

#include <memory>
#include <stop_token>

namespace tonearm::app {

/// What outlives every reload, and belongs to all loops.
struct Process {
  server::Shared shared{TONEARM_VERSION};
  io::BlockingPool pool{4};  ///< For lookups, and files of keys.
  /// For the files of songs: a disk that does not answer stops no song of another machine.
  io::BlockingPool files_pool{4};
  /// For searches, which no listener should wait for. A search of 100,000 songs without an index
  /// takes some 100 ms: whoever is behind 64 of them waits some 3 s, and another had better come
  /// again.
  io::BlockingPool browsing_pool{2, 64};
  std::shared_ptr<catalog::LogOwners> log_owners = std::make_shared<catalog::LogOwners>();
  std::shared_ptr<catalog::ReadTurns> read_turns = std::make_shared<catalog::ReadTurns>();
  source::S3Accounts s3_accounts{pool};
  source::FileWatches watches;
  source::Resolvers resolvers;
  std::shared_ptr<source::ConnectionLimit> connections =
      std::make_shared<source::ConnectionLimit>();
  std::unique_ptr<cache::Cache> cache;  ///< Null: cache.path is empty.
  std::stop_source stopping;  ///< Requested when nobody waits for the pools' work any more.
};

/// For a catalog that lives no longer than the process.
catalog::CatalogOptions catalog_options(const Config& config, const Process& process);

}  // namespace tonearm::app
