#pragma once

#include "tonearm/base/result.h"
#include "tonearm/io/deadline.h"
#include "tonearm/io/task.h"
#include "tonearm/source/resource.h"

#include "source/http_client.h"
#include "source/retry.h"
#include "source/route.h"

#include <memory>
#include <optional>

namespace tonearm::source {

/// Asks along the route of one resource: again as long as a failure may pass, and by another way
/// when the route knows one. On the client's loop.
class RoutedClient {
 public:
  /// `client` outlives it.
  RoutedClient(HttpClient& client, std::unique_ptr<Route> route);

  const HttpOptions& options() const { return client_.options(); }
  const Route& route() const { return *route_; }

  /// What the caller has, if anything: until expect(), a 304 is an answer then.
  void ask_whether(const std::optional<http::Validators>& known);
  /// What was described: from now on that version is asked for.
  void expect(const http::Validators& described);
  /// Where a body comes from whose rest may be wanted: the next question goes there at once.
  void stay_at(const OriginUrl& url);
  /// Bytes have left. Until then somebody waits for a head, and one deadline bounds it all; from
  /// then on each question has its own.
  void set_delivered() { delivered_ = true; }
  bool delivered() const { return delivered_; }

  /// One question, repeated as long as `budget` and `deadline` allow. What comes back is no failure
  /// and no answer that asks to come again. What the route needs for itself is added to `deadline`.
  io::Task<Result<Reply>> ask(std::optional<http::ByteRange> range, RetryBudget& budget,
                              io::Clock::time_point& deadline);
  /// The same once, by the ways that the route knows; the answer may be a failure.
  io::Task<Result<Reply>> ask_once(std::optional<http::ByteRange> range,
                                   io::Clock::time_point& deadline);
  /// Waits until it may be tried again after `error`; else the error that it comes to.
  io::Task<Result<void>> wait_before_retry(Error error, RetryBudget& budget,
                                           io::Clock::time_point deadline);

  /// HttpClient::retire().
  void retire(std::unique_ptr<Transfer> transfer) { client_.retire(std::move(transfer)); }

  const OriginUse& use() const { return use_; }
  void count_resume() { ++use_.resumes; }

 private:
  io::Task<Result<void>> renew(Reply& reply, io::Clock::time_point& deadline);

  HttpClient& client_;
  const std::unique_ptr<Route> route_;
  std::optional<OriginUrl> moved_;  ///< Where the route's destination redirected to.
  bool conditional_ = false;  ///< Asks whether a known version is still current: 304 is an answer.
  bool delivered_ = false;
  OriginUse use_;
};

}  // namespace tonearm::source
