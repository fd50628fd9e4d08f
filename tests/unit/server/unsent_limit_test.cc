#include "server/unsent_limit.h"

#include <gtest/gtest.h>

namespace tonearm::server {
namespace {

using std::chrono::milliseconds;

/// A client that takes `rate` bytes a second: the queue is filled again when half of it is gone.
class Listener {
 public:
  explicit Listener(std::uint64_t rate) : rate_(rate) {}
  int fill(UnsentLimit& limit, int times) {
    for (int i = 0; i < times; ++i) {
      const auto bytes = static_cast<std::uint64_t>(limit.bytes()) / 2;
      limit.on_sent(bytes);
      now_ += std::chrono::nanoseconds(bytes * 1'000'000'000 / rate_);
      limit.on_full(now_);
    }
    return limit.bytes();
  }
  void pause(milliseconds time) { now_ += time; }
  void takes(std::uint64_t rate) { rate_ = rate; }

 private:
  std::uint64_t rate_;
  io::Clock::time_point now_ = io::Clock::time_point{} + std::chrono::hours(1);
};

TEST(UnsentLimit, SlowListenersHaveTheLeast) {
  for (const std::uint64_t rate : {24'000U, 1'000'000U, 6'000'000U}) {
    UnsentLimit limit;
    EXPECT_EQ(limit.bytes(), UnsentLimit::least);
    EXPECT_EQ(Listener(rate).fill(limit, 20), UnsentLimit::least) << rate;
  }
}

TEST(UnsentLimit, FastOnesHaveWhatTheyTakeInTenMilliseconds) {
  UnsentLimit gigabit;
  EXPECT_EQ(Listener(120'000'000).fill(gigabit, 20), 1024 * 1024);
  UnsentLimit loopback;
  EXPECT_EQ(Listener(4'000'000'000).fill(loopback, 20), UnsentLimit::most);
}

TEST(UnsentLimit, OneBurstSaysLittle) {
  UnsentLimit limit;
  Listener listener(4'000'000'000);
  EXPECT_EQ(listener.fill(limit, 1), UnsentLimit::least) << "nothing to compare with";
  EXPECT_EQ(listener.fill(limit, 1), 2 * UnsentLimit::least);
  EXPECT_EQ(listener.fill(limit, 1), 4 * UnsentLimit::least);
}

TEST(UnsentLimit, ShrinksAtOnceForOneThatSlowsDownOrPauses) {
  UnsentLimit limit;
  Listener listener(4'000'000'000);
  listener.fill(limit, 20);
  listener.pause(milliseconds(1000));
  EXPECT_EQ(listener.fill(limit, 1), UnsentLimit::least);
  listener.fill(limit, 20);
  listener.takes(50'000);
  EXPECT_EQ(listener.fill(limit, 1), UnsentLimit::least);
}

TEST(UnsentLimit, TakesNoTimeForAtLeastSomeTime) {
  UnsentLimit limit;
  const io::Clock::time_point now{milliseconds(1)};
  limit.on_full(now);
  limit.on_full(now);
  EXPECT_EQ(limit.bytes(), UnsentLimit::least) << "nothing sent";
  limit.on_sent(1);
  limit.on_full(now);
  EXPECT_EQ(limit.bytes(), 2 * UnsentLimit::least);
}

}  // namespace
}  // namespace tonearm::server
