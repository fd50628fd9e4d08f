#pragma once

#include "tonearm/source/s3_account.h"
#include "tonearm/source/source.h"

#include <memory>

namespace tonearm::source {

class HttpClient;
class HttpResource;

/// Opens `s3://bucket/key`: objects of S3 and of servers that speak its protocol, requests signed
/// with Signature Version 4.
class S3Source final : public Source {
 public:
  S3Source(std::shared_ptr<HttpClient> client, std::shared_ptr<S3Account> account);
  ~S3Source() override;

  Result<std::unique_ptr<Resource>> open(const SourceRequest& request) override;
  io::Task<Result<OriginReport>> probe(SourceRequest request) override;

 private:
  Result<std::unique_ptr<HttpResource>> resource(const Locator& locator) const;

  std::shared_ptr<HttpClient> client_;
  std::shared_ptr<S3Account> account_;
};

}  // namespace tonearm::source
