#pragma once

#include "tonearm/cache/cache.h"
#include "tonearm/io/blocking_pool.h"
#include "tonearm/io/task.h"
#include "tonearm/server/metrics.h"
#include "tonearm/source/connection_limit.h"
#include "tonearm/source/file_watches.h"
#include "tonearm/source/resolvers.h"
#include "tonearm/source/s3_account.h"
#include "tonearm/source/source_set.h"

#include "app/config.h"

#include <memory>

namespace tonearm::app {

/// What the sources of all loops share. Outlives them.
struct SharedBySources {
  io::BlockingPool& files_pool;
  source::S3Accounts& accounts;
  source::FileWatches& watches;
  source::Resolvers& resolvers;
  std::shared_ptr<source::ConnectionLimit> connections;  ///< Null: they share none.
  server::Metrics* metrics;  ///< Told how fast origins answer; null: nobody wants to know.
  cache::Cache* cache;       ///< Keeps songs of other machines; null for none.
};

/// Everything that one loop can open.
source::SourceSet make_sources(io::Executor executor, const Config& config,
                               const SharedBySources& shared);

}  // namespace tonearm::app
