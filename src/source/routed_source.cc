#include "tonearm/source/routed_source.h"

#include "source/http_resource.h"

#include <utility>

namespace tonearm::source {

RoutedSource::RoutedSource(std::shared_ptr<HttpClient> client) : client_(std::move(client)) {}

RoutedSource::~RoutedSource() = default;

Result<std::unique_ptr<Resource>> RoutedSource::open(const SourceRequest& request) {
  Result<std::unique_ptr<Route>> route = route_to(request.locator);
  if (!route) return route.error();
  return std::unique_ptr<Resource>(std::make_unique<HttpResource>(client_, std::move(*route)));
}

io::Task<Result<OriginReport>> RoutedSource::probe(SourceRequest request) {
  Result<std::unique_ptr<Route>> route = route_to(request.locator);
  if (!route) co_return route.error();
  HttpResource resource(client_, std::move(*route));
  co_return co_await resource.probe();
}

}  // namespace tonearm::source
