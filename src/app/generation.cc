#include "app/generation.h"

#include "app/layer_options.h"
#include "app/sources.h"

namespace tonearm::app {

Generation::Generation(io::Executor executor, Process& process, const Config& config)
    : options(server_options(config)),
      store(executor, process.pool, process.browsing_pool, catalog_options(config, process)),
      source(
          make_sources(executor, config,
                       {process.files_pool, process.s3_accounts, process.watches, process.resolvers,
                        process.connections, &process.shared.metrics, process.cache.get()})),
      is_resolver(resolver_names(config)) {}

}  // namespace tonearm::app
