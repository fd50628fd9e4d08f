#include "app/sources.h"

#include "tonearm/cache/caching_source.h"
#include "tonearm/source/file_source.h"
#include "tonearm/source/http_source.h"
#include "tonearm/source/resolver_source.h"
#include "tonearm/source/s3_source.h"

#include "app/layer_options.h"

#include <memory>
#include <string>
#include <utility>

namespace tonearm::app {

namespace {

source::HttpOptions options_with(const SharedBySources& shared, const Config& config) {
  source::HttpOptions options = http_options(config);
  options.connections = shared.connections;
  if (shared.metrics != nullptr) {
    options.on_answer = [metrics = shared.metrics](auto after) { metrics->origin_answered(after); };
  }
  return options;
}

}  // namespace

source::SourceSet make_sources(io::Executor executor, const Config& config,
                               const SharedBySources& shared) {
  // `scope` is where the source looks a name up: kept under a name there, a song is no other's.
  const auto kept = [&](std::shared_ptr<source::Source> source,
                        const std::string& scope) -> std::shared_ptr<source::Source> {
    if (shared.cache == nullptr) return source;
    return std::make_shared<cache::CachingSource>(executor, *shared.cache, std::move(source),
                                                  scope);
  };
  source::SourceSet sources;
  const auto client = source::make_http_client(executor, options_with(shared, config));
  const auto http = std::make_shared<source::HttpSource>(client);
  sources.set(Locator::Kind::plain, kept(http, config.upstream.base_url));
  sources.set(Locator::Kind::url, kept(http, {}));
  sources.set(Locator::Kind::s3,
              kept(std::make_shared<source::S3Source>(client, shared.accounts.of(config.s3)),
                   config.s3.endpoint));
  sources.set(Locator::Kind::file, std::make_shared<source::FileSource>(
                                       executor, shared.files_pool, shared.watches, config.files));
  if (!config.resolvers.empty()) {
    const auto resolved = std::make_shared<source::ResolverSource>(client);
    for (const auto& [name, resolver] : config.resolvers) {
      resolved->add(name, shared.resolvers.get(name, resolver));
    }
    sources.set(Locator::Kind::resolver, kept(resolved, {}));
  }
  return sources;
}

}  // namespace tonearm::app
