#include "tonearm/source/resolver_source.h"

#include "tonearm/http/content_type.h"

#include "source/http_resource.h"
#include "source/resolver_command.h"
#include "source/resolver_route.h"

#include <utility>

namespace tonearm::source {
namespace {

/// What a resolver led to. Where the origin says nothing of its type, the resolver's word counts.
class ResolvedResource final : public Resource {
 public:
  ResolvedResource(std::shared_ptr<HttpClient> client, std::unique_ptr<ResolverRoute> route)
      : route_(*route), resource_(std::move(client), std::move(route)) {}

  void set_taker(io::Taker& taker) override { resource_.set_taker(taker); }

  io::Task<Result<http::Representation>> describe(const ReadIntent& intent) override {
    Result<http::Representation> described = co_await resource_.describe(intent);
    if (!described) co_return described;
    std::string& type = described->content_type;
    if (http::says_nothing(type) && !route_.content_type().empty()) type = route_.content_type();
    co_return described;
  }

  std::unique_ptr<io::ByteReader> read(std::uint64_t first,
                                       std::optional<std::uint64_t> end) override {
    return resource_.read(first, end);
  }

  void hasten() override { resource_.hasten(); }
  OriginUse origin_use() const override { return resource_.origin_use(); }

 private:
  const ResolverRoute& route_;  // owned by resource_
  HttpResource resource_;
};

}  // namespace

ResolverSource::ResolverSource(std::shared_ptr<HttpClient> client) : client_(std::move(client)) {}

ResolverSource::~ResolverSource() = default;

void ResolverSource::add(std::string name, std::shared_ptr<Resolver> resolver) {
  resolvers_.insert_or_assign(std::move(name), std::move(resolver));
}

Result<std::unique_ptr<ResolverRoute>> ResolverSource::route_to(const Locator& locator) const {
  const auto resolver = resolvers_.find(locator.resolver);
  if (locator.kind != Locator::Kind::resolver || resolver == resolvers_.end()) {
    return Error{ErrorKind::bad_locator, "not a configured resolver", {}};
  }
  const auto words = fill_command(resolver->second->options().command, locator.value);
  if (!words) return words.error();
  return std::make_unique<ResolverRoute>(*client_, resolver->second, locator.value);
}

Result<std::unique_ptr<Resource>> ResolverSource::open(const SourceRequest& request) {
  Result<std::unique_ptr<ResolverRoute>> route = route_to(request.locator);
  if (!route) return route.error();
  return std::unique_ptr<Resource>(std::make_unique<ResolvedResource>(client_, std::move(*route)));
}

io::Task<Result<OriginReport>> ResolverSource::probe(SourceRequest request) {
  Result<std::unique_ptr<ResolverRoute>> route = route_to(request.locator);
  if (!route) co_return route.error();
  HttpResource resource(client_, std::move(*route));
  co_return co_await resource.probe();
}

}  // namespace tonearm::source
