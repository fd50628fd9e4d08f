#include "tonearm/source/http_source.h"

#include "tonearm/base/recent_values.h"

#include "source/fixed_route.h"
#include "source/http_client.h"
#include "source/origin_url.h"

#include <string_view>
#include <utility>

namespace tonearm::source {
namespace {

Result<OriginUrl> parse(const Locator& locator, std::string_view base_url) {
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

struct HttpSource::RecentUrls {
  RecentValues<OriginUrl> of_names{512};
  RecentValues<OriginUrl> of_urls{512};
};

std::shared_ptr<HttpClient> make_http_client(io::Executor executor, HttpOptions options) {
  return std::make_shared<HttpClient>(executor, std::move(options));
}

HttpSource::HttpSource(std::shared_ptr<HttpClient> client)
    : RoutedSource(std::move(client)), recent_(std::make_unique<RecentUrls>()) {}

HttpSource::~HttpSource() = default;

Result<std::unique_ptr<Route>> HttpSource::route_to(const Locator& locator) const {
  auto& recent = locator.kind == Locator::Kind::plain ? recent_->of_names : recent_->of_urls;
  if (const OriginUrl* known = recent.find(locator.value)) {
    return std::make_unique<FixedRoute>(client(), *known);
  }
  Result<OriginUrl> url = parse(locator, client().options().base_url);
  if (!url) return url.error();
  recent.remember(locator.value, *url);
  return std::make_unique<FixedRoute>(client(), std::move(*url));
}

}  // namespace tonearm::source
