#pragma once

#include "tonearm/io/task.h"
#include "tonearm/source/http_options.h"
#include "tonearm/source/origin_report.h"
#include "tonearm/source/resource.h"

#include <memory>

namespace tonearm::source {

class HttpClient;
struct OriginUrl;

/// Opens plain names below upstream.base_url and http(s) URLs. One per loop; outlives its
/// resources, and is destroyed after the loop has stopped.
class HttpSource final : public Source {
 public:
  HttpSource(io::Executor executor, HttpOptions options);
  ~HttpSource() override;

  Result<std::unique_ptr<Resource>> open(const Locator& locator) override;

  /// Asks the origin once, and says what it said; an error only when no answer came.
  io::Task<Result<OriginReport>> probe(Locator locator);

 private:
  Result<OriginUrl> url_of(const Locator& locator) const;

  std::unique_ptr<HttpClient> client_;
};

}  // namespace tonearm::source
