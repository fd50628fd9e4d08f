#pragma once

#include "tonearm/cache/cache.h"
#include "tonearm/io/task.h"
#include "tonearm/source/source.h"

#include <memory>
#include <string>

namespace tonearm::cache {

/// A source whose resources come from the cache as far as they are there, and are kept as far as
/// they may be. One per loop and inner source.
class CachingSource final : public source::Source {
 public:
  /// `scope`: where the inner source looks a locator up (a base URL): another one is another song.
  CachingSource(io::Executor loop, Cache& cache, std::shared_ptr<source::Source> inner,
                std::string scope);

  Result<std::unique_ptr<source::Resource>> open(const source::SourceRequest& request) override;
  io::Task<Result<source::OriginReport>> probe(source::SourceRequest request) override;
  io::Task<Result<void>> forget(source::SourceRequest request) override;

 private:
  const io::Executor loop_;
  Cache& cache_;
  const std::shared_ptr<source::Source> inner_;
  const std::string scope_;
};

}  // namespace tonearm::cache
