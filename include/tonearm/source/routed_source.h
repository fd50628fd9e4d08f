#pragma once

#include "tonearm/source/source.h"

#include <memory>

namespace tonearm::source {

class HttpClient;
class Route;

/// A source whose bytes come over HTTP: its own is only the way to them. On the client's loop; what
/// it opened may outlive it.
class RoutedSource : public Source {
 public:
  explicit RoutedSource(std::shared_ptr<HttpClient> client);
  ~RoutedSource() override;

  Result<std::unique_ptr<Resource>> open(const SourceRequest& request) final;
  io::Task<Result<OriginReport>> probe(SourceRequest request) final;

 protected:
  /// Each resource owns it, too, so that its route may refer to it.
  HttpClient& client() const { return *client_; }

 private:
  /// bad_locator when it cannot be opened as it stands. Asks nobody.
  virtual Result<std::unique_ptr<Route>> route_to(const Locator& locator) const = 0;

  const std::shared_ptr<HttpClient> client_;
};

}  // namespace tonearm::source
