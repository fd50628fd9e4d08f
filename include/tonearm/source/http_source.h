#pragma once

#include "tonearm/io/task.h"
#include "tonearm/source/http_options.h"
#include "tonearm/source/routed_source.h"

#include <memory>

namespace tonearm::source {

/// What the sources of a loop that speak HTTP share: connections, handles and limits. `executor` is
/// that of the loop; only there may it be used, and dropped while the loop runs. Whoever still
/// reads owns it, too.
std::shared_ptr<HttpClient> make_http_client(io::Executor executor, HttpOptions options);

/// Opens plain names below upstream.base_url and http(s) URLs.
class HttpSource final : public RoutedSource {
 public:
  explicit HttpSource(std::shared_ptr<HttpClient> client);
  ~HttpSource() override;

 private:
  struct RecentUrls;

  Result<std::unique_ptr<Route>> route_to(const Locator& locator) const override;

  /// Of the locators that were opened lately: a player that seeks opens the same one again.
  const std::unique_ptr<RecentUrls> recent_;
};

}  // namespace tonearm::source
