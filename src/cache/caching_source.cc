#include "tonearm/cache/caching_source.h"

#include "cache/cached_resource.h"

#include <utility>

namespace tonearm::cache {

CachingSource::CachingSource(io::Executor loop, Cache& cache, std::shared_ptr<source::Source> inner,
                             std::string scope)
    : loop_(loop), cache_(cache), inner_(std::move(inner)), scope_(std::move(scope)) {}

Result<std::unique_ptr<source::Resource>> CachingSource::open(
    const source::SourceRequest& request) {
  if (request.growing) return inner_->open(request);
  Supply supply{loop_, inner_, request};
  std::unique_ptr<source::Resource> resource = std::make_unique<CachedResource>(
      cache_.store(), key_of(request.locator, scope_), std::move(supply));
  return resource;
}

io::Task<Result<source::OriginReport>> CachingSource::probe(source::SourceRequest request) {
  return inner_->probe(std::move(request));
}

io::Task<Result<void>> CachingSource::forget(source::SourceRequest request) {
  return cache_.forget(key_of(request.locator, scope_));
}

}  // namespace tonearm::cache
