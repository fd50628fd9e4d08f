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
    destination_.headers =
        condition.empty() ? client_.plain_headers() : client_.make_headers({}, condition);
  }
  void ask_whether(const http::Validators& known) override {
    destination_.headers = client_.make_headers({}, if_changed(known));
  }
  std::uint64_t window() const override { return client_.options().window; }

 private:
  HttpClient& client_;  // the resource owns it
  Destination destination_;
};

}  // namespace tonearm::source
