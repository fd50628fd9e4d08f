#pragma once

#include "tonearm/source/source.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace tonearm::source {

class HttpClient;
class HttpResource;
class Resolver;
class ResolverRoute;

/// Opens `NAME:anything`: what the command of [resolver.NAME] finds for it, over HTTP.
class ResolverSource final : public Source {
 public:
  explicit ResolverSource(std::shared_ptr<HttpClient> client);
  ~ResolverSource() override;

  void add(std::string name, std::shared_ptr<Resolver> resolver);

  Result<std::unique_ptr<Resource>> open(const SourceRequest& request) override;
  io::Task<Result<OriginReport>> probe(SourceRequest request) override;

 private:
  Result<std::unique_ptr<ResolverRoute>> route_to(const Locator& locator) const;

  std::shared_ptr<HttpClient> client_;
  std::map<std::string, std::shared_ptr<Resolver>> resolvers_;
};

}  // namespace tonearm::source
