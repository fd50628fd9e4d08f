#pragma once

#include "source/route.h"

namespace tonearm::source {

/// The route to a URL that is known beforehand and stays: plain HTTP.
class FixedRoute final : public Route {
 public:
  FixedRoute(HttpClient& client, OriginUrl url) : client_(client) {
    destination_.url = std::move(url);
    destination_.headers = client.plain_headers();
  }

  const Destination& destination() const override { return destination_; }
  void expect(const http::Validators& validators) override {
    const std::string condition = if_range(validators);
    if (!condition.empty()) destination_.headers = client_.make_headers({}, condition);
  }
  std::uint64_t window() const override { return client_.options().window; }

 private:
  HttpClient& client_;  // the resource owns it
  Destination destination_;
};

}  // namespace tonearm::source
