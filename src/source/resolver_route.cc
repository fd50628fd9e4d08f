#include "source/resolver_route.h"

#include <utility>

namespace tonearm::source {

ResolverRoute::ResolverRoute(HttpClient& client, std::shared_ptr<Resolver> resolver,
                             std::string value)
    : client_(client), resolver_(std::move(resolver)), value_(std::move(value)) {}

bool ResolverRoute::ready() const {
  return link_ && (!link_->stated || io::Clock::now() < *link_->stated);
}

io::Task<Result<void>> ResolverRoute::prepare() {
  Result<LinkPtr> link = co_await resolver_->find(value_);
  if (link) {
    use(std::move(*link));
  } else if (!link_) {
    co_return link.error();
  }  // else the old one, which may still work
  co_return Result<void>{};
}

void ResolverRoute::use(LinkPtr link) {
  link_ = std::move(link);
  destination_.url = link_->answer.url;
  destination_.headers =
      client_.make_headers(link_->answer.headers, condition_, HttpClient::Upstream::harmless);
  destination_.configured = false;
}

void ResolverRoute::ask_whether(const http::Validators& known) {
  condition_ = if_changed(known);
  if (link_) use(link_);
}

void ResolverRoute::expect(const http::Validators& validators) {
  condition_ = if_range(validators);
  use(link_);
}

io::Task<Result<void>> ResolverRoute::renew(const Refusal& refusal) {
  Error why = refusal.error;
  switch (refusal.head.status) {
    case 401:
    case 403:
    case 404:
    case 410:
      break;
    default:
      co_return why;
  }
  if (std::exchange(renewed_, true)) co_return why;
  Result<LinkPtr> link = co_await resolver_->renew(value_, link_, std::move(why));
  if (!link) co_return link.error();
  use(std::move(*link));
  co_return Result<void>{};
}

void ResolverRoute::accepted() {
  link_->worked = true;
  renewed_ = false;
  resolver_->touch(value_);
}

}  // namespace tonearm::source
