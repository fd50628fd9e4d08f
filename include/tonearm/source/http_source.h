#pragma once

#include "tonearm/io/task.h"
#include "tonearm/source/http_options.h"
#include "tonearm/source/source.h"

#include <memory>

namespace tonearm::source {

class HttpClient;
class HttpResource;
struct OriginUrl;

/// What the sources of a loop that speak HTTP share: connections, handles and limits. `executor` is
/// that of the loop; only there may it be used, and dropped while the loop runs. Whoever still
/// reads owns it, too.
std::shared_ptr<HttpClient> make_http_client(io::Executor executor, HttpOptions options);

/// Opens plain names below upstream.base_url and http(s) URLs. On the client's loop; what it opened
/// may outlive it.
class HttpSource final : public Source {
 public:
  explicit HttpSource(std::shared_ptr<HttpClient> client);
  ~HttpSource() override;

  Result<std::unique_ptr<Resource>> open(const SourceRequest& request) override;
  io::Task<Result<OriginReport>> probe(SourceRequest request) override;

 private:
  Result<OriginUrl> url_of(const Locator& locator) const;
  Result<std::unique_ptr<HttpResource>> resource(const Locator& locator) const;

  std::shared_ptr<HttpClient> client_;
};

}  // namespace tonearm::source
