#pragma once

#include "source/resolver.h"
#include "source/route.h"

#include <memory>
#include <string>
#include <string_view>

namespace tonearm::source {

/// The route to what a resolver finds. A resource stays with the link that it began with, until
/// that ends by its own word or the origin refuses it: then it is resolved anew, once, and the
/// resource goes on where it was.
class ResolverRoute final : public Route {
 public:
  /// `client`: the resource's.
  ResolverRoute(HttpClient& client, std::shared_ptr<Resolver> resolver, std::string value);

  bool ready() const override;
  io::Task<Result<void>> prepare() override;
  const Destination& destination() const override { return destination_; }
  void ask_whether(const http::Validators& known) override;
  void expect(const http::Validators& validators) override;
  io::Task<Result<void>> renew(const Refusal& refusal) override;
  void accepted() override;
  std::uint64_t window() const override { return resolver_->options().window; }

  std::string_view content_type() const override { return link_->answer.content_type; }

 private:
  void use(LinkPtr link);

  HttpClient& client_;
  const std::shared_ptr<Resolver> resolver_;
  const std::string value_;
  std::string condition_;  ///< A header field's line.
  LinkPtr link_;
  Destination destination_;
  bool renewed_ = false;  ///< Since an answer was last accepted.
};

}  // namespace tonearm::source
