#pragma once

#include "tonearm/catalog/sqlite_song_store.h"
#include "tonearm/server/loop_server.h"
#include "tonearm/source/source_set.h"

#include "app/config.h"
#include "app/process.h"

namespace tonearm::app {

/// What one loop serves requests with, built from one configuration: the one place that turns a
/// Config into parts. A reload makes another; this one lives on until the last request that began
/// with it has ended. Made on any thread, and used and destroyed on its loop, or after that has
/// run; one that was never used may go on any thread, too.
class Generation {
 public:
  Generation(io::Executor executor, Process& process, const Config& config);

  server::Options options;
  catalog::SqliteSongStore store;
  source::SourceSet source;
  server::LoopServer::IsResolver is_resolver;
};

}  // namespace tonearm::app
