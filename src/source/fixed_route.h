#pragma once

#include "source/route.h"

#include <optional>
#include <string>
#include <utility>

namespace tonearm::source {

/// The route to a URL that is known beforehand and stays: plain HTTP.
class FixedRoute final : public Route {
 public:
  FixedRoute(HttpClient& client, OriginUrl url) : client_(client) {
    destination_.url = std::move(url);
    destination_.headers = client.plain_headers();
  }

  bool ready() const override { return destination_.headers != nullptr; }
  io::Task<Result<void>> prepare() override {
    const std::string condition = if_range(*expected_);
    destination_.headers =
        condition.empty() ? client_.plain_headers() : client_.make_headers({}, condition);
    co_return Result<void>{};
  }
  const Destination& destination() const override { return destination_; }
  /// Most songs' first window is their last: what another one would need is made for that one.
  void expect(const http::Validators& validators) override {
    expected_ = validators;
    destination_.headers.reset();
  }
  void ask_whether(const http::Validators& known) override {
    destination_.headers = client_.make_headers({}, if_changed(known));
  }
  std::uint64_t window() const override { return client_.options().window; }

 private:
  HttpClient& client_;  // the resource owns it
  Destination destination_;
  std::optional<http::Validators> expected_;
};

}  // namespace tonearm::source
