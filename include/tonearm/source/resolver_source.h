#pragma once

#include "tonearm/source/routed_source.h"

#include <map>
#include <memory>
#include <string>

namespace tonearm::source {

class Resolver;

/// Opens `NAME:anything`: what the command of [resolver.NAME] finds for it, over HTTP.
class ResolverSource final : public RoutedSource {
 public:
  explicit ResolverSource(std::shared_ptr<HttpClient> client);
  ~ResolverSource() override;

  void add(std::string name, std::shared_ptr<Resolver> resolver);

 private:
  Result<std::unique_ptr<Route>> route_to(const Locator& locator) const override;

  std::map<std::string, std::shared_ptr<Resolver>> resolvers_;
};

}  // namespace tonearm::source
