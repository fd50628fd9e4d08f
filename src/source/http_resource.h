#pragma once

#include "tonearm/source/origin_report.h"
#include "tonearm/source/resource.h"

#include "source/routed_client.h"
#include "source/window_sizer.h"

#include <limits>
#include <memory>
#include <optional>

namespace tonearm::source {

/// A representation behind an HTTP origin, read in verified windows where the origin proves that it
/// stays the same, and in one request where it does not (docs/architecture.md).
class HttpResource final : public Resource {
 public:
  /// `route` may refer to `client`.
  HttpResource(std::shared_ptr<HttpClient> client, std::unique_ptr<Route> route);
  ~HttpResource() override;

  void set_taker(io::Taker& taker) override;
  io::Task<Result<http::Representation>> describe(const ReadIntent& intent) override;
  std::unique_ptr<io::ByteReader> read(std::uint64_t first,
                                       std::optional<std::uint64_t> end) override;
  void expect_many_readers() override { sizer_.expect_many_readers(); }
  void ask_up_to(std::uint64_t end) override { wanted_end_ = end; }
  OriginUse origin_use() const override { return client_.use(); }

  /// Source::probe() of this resource, which is good for nothing else afterwards.
  io::Task<Result<OriginReport>> probe();

 private:
  class Reader;

  /// How the body is asked for.
  enum class Access {
    windows,  ///< Bounded requests, each verified; resumable.
    rest,     ///< One request from the position to the end: nothing proves sameness.
    whole,    ///< No Range at all: the origin does not do ranges, or lies about them.
  };

  /// A transfer whose body lies at known positions of the representation.
  struct Body {
    std::unique_ptr<Transfer> transfer;
    std::uint64_t first = 0;
    std::optional<std::uint64_t> end;
    io::Clock::time_point opened;

    std::uint64_t position() const { return first + transfer->position(); }
  };

  io::Task<Result<void>> describe_once(const ReadIntent& intent, io::Clock::time_point& deadline);
  io::Task<Result<void>> begin_body(const ReadIntent& intent, const http::Representation& what);
  void discard_description();
  io::Task<Result<Reply>> ask_for_description(std::optional<http::ByteRange> asked,
                                              io::Clock::time_point& deadline);
  io::Task<Result<Reply>> ask_for_report(OriginReport& report);
  io::Clock::time_point first_byte_deadline();
  void describe_from(Reply reply, const ReadIntent& intent);
  /// `described_`, as others see it.
  http::Representation description() const;

  io::Task<Result<void>> open_body(std::uint64_t position, std::optional<std::uint64_t> end,
                                   RetryBudget& budget);
  std::uint64_t end_of_rest(std::optional<std::uint64_t> end) const;
  std::optional<http::ByteRange> window_at(std::uint64_t position,
                                           std::optional<std::uint64_t> end) const;
  Result<void> verify(const Reply& reply) const;
  bool falls_short(const Answer& answer, std::optional<std::uint64_t> end) const;
  /// Where nothing is proven, equal size is part of what `window` takes as proof: there must be
  /// one.
  bool can_resume() const {
    return provable_ || (client_.route().window() != 0 && described_.length);
  }
  void take_body(Reply reply);
  void limit_pauses();
  void close_body();

  const std::shared_ptr<HttpClient> owner_;  ///< A reload may drop the source meanwhile.
  RoutedClient client_;
  http::Representation described_;
  Access access_ = Access::windows;
  bool provable_ = false;
  bool several_ = false;
  bool closed_range_ = false;  ///< The client named the end itself.
  std::uint64_t wanted_end_ = std::numeric_limits<std::uint64_t>::max();  ///< Of ask_up_to().
  bool flows_ = false;  ///< Bytes of its body have come.
  /// What describe() has left of upstream.first_byte_timeout, and until when that is from the first
  /// read on: the client's head waits for the first bytes.
  io::Clock::duration patience_{};
  std::optional<io::Clock::time_point> first_byte_deadline_;
  WindowSizer sizer_;
  std::optional<Body> body_;
  io::Taker* taker_ = nullptr;
};

}  // namespace tonearm::source
