#include "tonearm/source/source_set.h"

#include <utility>

namespace tonearm::source {

void SourceSet::set(Locator::Kind kind, std::shared_ptr<Source> source) {
  sources_[static_cast<std::size_t>(kind)] = std::move(source);
}

Result<Source*> SourceSet::source_of(const Locator& locator) const {
  const auto& source = sources_[static_cast<std::size_t>(locator.kind)];
  if (source) return source.get();
  return Error{ErrorKind::bad_locator, "nothing is configured that could open this", {}};
}

Result<std::unique_ptr<Resource>> SourceSet::open(const SourceRequest& request) {
  const Result<Source*> source = source_of(request.locator);
  if (!source) return source.error();
  return (*source)->open(request);
}

io::Task<Result<OriginReport>> SourceSet::probe(SourceRequest request) {
  const Result<Source*> source = source_of(request.locator);
  if (!source) co_return source.error();
  co_return co_await (*source)->probe(std::move(request));
}

io::Task<Result<void>> SourceSet::forget(SourceRequest request) {
  const Result<Source*> source = source_of(request.locator);
  if (!source) co_return Result<void>{};
  co_return co_await (*source)->forget(std::move(request));
}

}  // namespace tonearm::source
