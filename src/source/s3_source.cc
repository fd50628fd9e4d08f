#include "tonearm/source/s3_source.h"

#include "source/s3_route.h"

#include <utility>

namespace tonearm::source {

S3Source::S3Source(std::shared_ptr<HttpClient> client, std::shared_ptr<S3Account> account)
    : RoutedSource(std::move(client)), account_(std::move(account)) {}

Result<std::unique_ptr<Route>> S3Source::route_to(const Locator& locator) const {
  Result<S3Object> object = parse_s3_object(locator.value);
  if (!object) return object.error();
  std::string region = account_->region_of(object->bucket);
  Result<S3Address> address = s3_address(account_->options(), *object, region);
  if (!address) return address.error();
  return std::make_unique<S3Route>(account_, client(), std::move(*object), std::move(region),
                                   std::move(*address));
}

}  // namespace tonearm::source
