#pragma once

#include "tonearm/io/task.h"
#include "tonearm/source/http_options.h"
#include "tonearm/source/resource.h"

#include <memory>

namespace tonearm::source {

class HttpClient;
struct OriginUrl;

/// Opens plain names below upstream.base_url and http(s) URLs.
class HttpSource final : public Source {
 public:
  HttpSource(io::Executor executor, HttpOptions options);
  ~HttpSource() override;

  Result<std::unique_ptr<Resource>> open(const SourceRequest& request) override;
  io::Task<Result<OriginReport>> probe(SourceRequest request) override;

 private:
  Result<OriginUrl> url_of(const Locator& locator) const;

  std::shared_ptr<HttpClient> client_;
};

}  // namespace tonearm::source
