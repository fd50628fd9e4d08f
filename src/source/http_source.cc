#include "tonearm/source/http_source.h"

#include "source/fixed_route.h"
#include "source/http_client.h"
#include "source/origin_url.h"

#include <string_view>
#include <utility>

namespace tonearm::source {
namespace {

Result<OriginUrl> url_of(const Locator& locator, std::string_view base_url) {
  switch (locator.kind) {
    case Locator::Kind::plain:
      return url_of_plain_name(base_url, locator.value);
    case Locator::Kind::url:
      return parse_loose_origin_url(locator.value);
    default:
      break;
  }
  return Error{ErrorKind::bad_locator, "not an HTTP source", {}};
}

}  // namespace

std::shared_ptr<HttpClient> make_http_client(io::Executor executor, HttpOptions options) {
  return std::make_shared<HttpClient>(executor, std::move(options));
}

Result<std::unique_ptr<Route>> HttpSource::route_to(const Locator& locator) const {
  Result<OriginUrl> url = url_of(locator, client().options().base_url);
  if (!url) return url.error();
  return std::make_unique<FixedRoute>(client(), std::move(*url));
}

}  // namespace tonearm::source
