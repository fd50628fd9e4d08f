#include "app/sources.h"

#include "tonearm/source/http_source.h"
#include "tonearm/source/s3_source.h"

#include "app/layer_options.h"

#include <memory>

namespace tonearm::app {

source::SourceSet make_sources(io::Executor executor, const Config& config, std::size_t loops,
                               source::S3Accounts& accounts) {
  source::SourceSet sources;
  const auto client = source::make_http_client(executor, http_options(config, loops));
  const auto http = std::make_shared<source::HttpSource>(client);
  sources.set(Locator::Kind::plain, http);
  sources.set(Locator::Kind::url, http);
  sources.set(Locator::Kind::s3,
              std::make_shared<source::S3Source>(client, accounts.of(s3_options(config))));
  return sources;
}

}  // namespace tonearm::app
