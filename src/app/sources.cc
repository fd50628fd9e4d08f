#include "app/sources.h"

#include "tonearm/source/file_source.h"
#include "tonearm/source/http_source.h"
#include "tonearm/source/s3_source.h"

#include "app/layer_options.h"

#include <memory>
#include <utility>

namespace tonearm::app {

namespace {

source::HttpOptions measured(source::HttpOptions options, server::Metrics* metrics) {
  if (metrics != nullptr) {
    options.on_answer = [metrics](auto after) { metrics->origin_answered(after); };
  }
  return options;
}

}  // namespace

source::SourceSet make_sources(io::Executor executor, const Config& config, std::size_t loops,
                               const SharedBySources& shared) {
  source::SourceSet sources;
  const auto client =
      source::make_http_client(executor, measured(http_options(config, loops), shared.metrics));
  const auto http = std::make_shared<source::HttpSource>(client);
  sources.set(Locator::Kind::plain, http);
  sources.set(Locator::Kind::url, http);
  sources.set(Locator::Kind::s3,
              std::make_shared<source::S3Source>(client, shared.accounts.of(s3_options(config))));
  sources.set(Locator::Kind::file,
              std::make_shared<source::FileSource>(executor, shared.pool, shared.watches,
                                                   file_options(config)));
  return sources;
}

}  // namespace tonearm::app
