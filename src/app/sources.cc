#include "app/sources.h"

#include "tonearm/source/file_source.h"
#include "tonearm/source/http_source.h"
#include "tonearm/source/s3_source.h"

#include "app/layer_options.h"

#include <memory>

namespace tonearm::app {

source::SourceSet make_sources(io::Executor executor, const Config& config, std::size_t loops,
                               const SharedBySources& shared) {
  source::SourceSet sources;
  const auto client = source::make_http_client(executor, http_options(config, loops));
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
