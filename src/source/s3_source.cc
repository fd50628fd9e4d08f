#include "tonearm/source/s3_source.h"

#include "source/http_client.h"
#include "source/http_resource.h"
#include "source/s3_route.h"

#include <utility>

namespace tonearm::source {

S3Source::S3Source(std::shared_ptr<HttpClient> client, std::shared_ptr<S3Account> account)
    : client_(std::move(client)), account_(std::move(account)) {}

S3Source::~S3Source() = default;

Result<std::unique_ptr<HttpResource>> S3Source::resource(const Locator& locator) const {
  Result<S3Object> object = parse_s3_object(locator.value);
  if (!object) return object.error();
  std::string region = account_->region_of(object->bucket);
  Result<S3Address> address = s3_address(account_->options(), *object, region);
  if (!address) return address.error();
  auto route = std::make_unique<S3Route>(account_, *client_, std::move(*object), std::move(region),
                                         std::move(*address));
  return std::make_unique<HttpResource>(client_, std::move(route));
}

Result<std::unique_ptr<Resource>> S3Source::open(const SourceRequest& request) {
  Result<std::unique_ptr<HttpResource>> opened = resource(request.locator);
  if (!opened) return opened.error();
  return std::unique_ptr<Resource>(std::move(*opened));
}

io::Task<Result<OriginReport>> S3Source::probe(SourceRequest request) {
  Result<std::unique_ptr<HttpResource>> opened = resource(request.locator);
  if (!opened) co_return opened.error();
  co_return co_await (*opened)->probe();
}

}  // namespace tonearm::source
