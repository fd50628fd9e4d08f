#pragma once

#include "tonearm/cache/cache.h"
#include "tonearm/io/blocking_pool.h"
#include "tonearm/io/task.h"
#include "tonearm/server/metrics.h"
#include "tonearm/source/file_watches.h"
#include "tonearm/source/resolvers.h"
#include "tonearm/source/s3_account.h"
#include "tonearm/source/source_set.h"

#include "app/config.h"

#include <cstddef>

namespace tonearm::app {

/// What the sources of all loops share. Outlives them.
struct SharedBySources {
  io::BlockingPool& pool;
  source::S3Accounts& accounts;
  source::FileWatches& watches;
  source::Resolvers& resolvers;
  server::Metrics* metrics;  ///< Told how fast origins answer; null: nobody wants to know.
  cache::Cache* cache;       ///< Keeps songs of other machines; null for none.
};

/// Everything that one loop can open. `loops`: among how many upstream.max_connections_per_host is
/// divided.
source::SourceSet make_sources(io::Executor executor, const Config& config, std::size_t loops,
                               const SharedBySources& shared);

}  // namespace tonearm::app
