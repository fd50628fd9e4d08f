#include "tonearm/source/resolver_source.h"

#include "source/resolver_command.h"
#include "source/resolver_route.h"

#include <utility>

namespace tonearm::source {

ResolverSource::ResolverSource(std::shared_ptr<HttpClient> client)
    : RoutedSource(std::move(client)) {}

ResolverSource::~ResolverSource() = default;

void ResolverSource::add(std::string name, std::shared_ptr<Resolver> resolver) {
  resolvers_.insert_or_assign(std::move(name), std::move(resolver));
}

Result<std::unique_ptr<Route>> ResolverSource::route_to(const Locator& locator) const {
  const auto resolver = resolvers_.find(locator.resolver);
  if (locator.kind != Locator::Kind::resolver || resolver == resolvers_.end()) {
    return Error{ErrorKind::bad_locator, "not a configured resolver", {}};
  }
  const auto words = fill_command(resolver->second->options().command, locator.value);
  if (!words) return words.error();
  return std::make_unique<ResolverRoute>(client(), resolver->second, locator.value);
}

}  // namespace tonearm::source
