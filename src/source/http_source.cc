#include "tonearm/source/http_source.h"

#include "source/fixed_route.h"
#include "source/http_client.h"
#include "source/http_resource.h"
#include "source/origin_url.h"

namespace tonearm::source {

std::shared_ptr<HttpClient> make_http_client(io::Executor executor, HttpOptions options) {
  return std::make_shared<HttpClient>(executor, std::move(options));
}

HttpSource::HttpSource(std::shared_ptr<HttpClient> client) : client_(std::move(client)) {}

HttpSource::~HttpSource() = default;

Result<OriginUrl> HttpSource::url_of(const Locator& locator) const {
  switch (locator.kind) {
    case Locator::Kind::plain:
      return url_of_plain_name(client_->options().base_url, locator.value);
    case Locator::Kind::url:
      return parse_loose_origin_url(locator.value);
    default:
      break;
  }
  return Error{ErrorKind::bad_locator, "not an HTTP source", {}};
}

Result<std::unique_ptr<HttpResource>> HttpSource::resource(const Locator& locator) const {
  Result<OriginUrl> url = url_of(locator);
  if (!url) return url.error();
  auto route = std::make_unique<FixedRoute>(*client_, std::move(*url));
  return std::make_unique<HttpResource>(client_, std::move(route));
}

Result<std::unique_ptr<Resource>> HttpSource::open(const SourceRequest& request) {
  Result<std::unique_ptr<HttpResource>> opened = resource(request.locator);
  if (!opened) return opened.error();
  return std::unique_ptr<Resource>(std::move(*opened));
}

io::Task<Result<OriginReport>> HttpSource::probe(SourceRequest request) {
  Result<std::unique_ptr<HttpResource>> opened = resource(request.locator);
  if (!opened) co_return opened.error();
  co_return co_await (*opened)->probe();
}

}  // namespace tonearm::source
