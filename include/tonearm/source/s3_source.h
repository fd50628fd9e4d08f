#pragma once

#include "tonearm/source/routed_source.h"
#include "tonearm/source/s3_account.h"

#include <memory>

namespace tonearm::source {

/// Opens `s3://bucket/key`: objects of S3 and of servers that speak its protocol, requests signed
/// with Signature Version 4.
class S3Source final : public RoutedSource {
 public:
  S3Source(std::shared_ptr<HttpClient> client, std::shared_ptr<S3Account> account);

 private:
  Result<std::unique_ptr<Route>> route_to(const Locator& locator) const override;

  const std::shared_ptr<S3Account> account_;
};

}  // namespace tonearm::source
