#include "tonearm/server/request_limiter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace tonearm::server {
namespace {

using namespace std::chrono_literals;

Address one_at(const std::string& text) { return boost::asio::ip::make_address(text); }

const auto begin = RequestLimiter::Clock::time_point(1h);

unsigned admitted(RequestLimiter& limiter, const Address& client, unsigned rate,
                  RequestLimiter::Clock::time_point now) {
  unsigned count = 0;
  while (!limiter.count(client, rate, now)) ++count;
  return count;
}

TEST(RequestLimiter, LetsABurstOfTwiceTheRateButAtLeast32Through) {
  RequestLimiter limiter;
  EXPECT_EQ(admitted(limiter, one_at("192.0.2.1"), 1, begin), 32U);
  EXPECT_EQ(admitted(limiter, one_at("192.0.2.2"), 100, begin), 200U);
}

TEST(RequestLimiter, RefillsAtTheRateAndNoFurtherThanTheBurst) {
  RequestLimiter limiter;
  const Address client = one_at("192.0.2.1");
  admitted(limiter, client, 10, begin);
  EXPECT_EQ(admitted(limiter, client, 10, begin + 1s), 10U);
  EXPECT_EQ(admitted(limiter, client, 10, begin + 1h), 32U);
}

TEST(RequestLimiter, SaysWhenToComeAgain) {
  RequestLimiter limiter;
  const Address client = one_at("192.0.2.1");
  admitted(limiter, client, 1, begin);
  EXPECT_EQ(limiter.count(client, 1, begin), 1s);
  EXPECT_FALSE(limiter.count(client, 1, begin + 1s));
}

TEST(RequestLimiter, TellsClientsApartByAddressAndBySlash64) {
  RequestLimiter limiter;
  admitted(limiter, one_at("192.0.2.1"), 1, begin);
  admitted(limiter, one_at("2001:db8::1"), 1, begin);
  EXPECT_TRUE(limiter.count(one_at("::ffff:192.0.2.1"), 1, begin));
  EXPECT_FALSE(limiter.count(one_at("192.0.2.2"), 1, begin));
  EXPECT_TRUE(limiter.count(one_at("2001:db8::ffff:1"), 1, begin));
  EXPECT_FALSE(limiter.count(one_at("2001:db8:0:1::1"), 1, begin));
}

TEST(RequestLimiter, ForgetsWhoWasSeenLongestAgo) {
  RequestLimiter limiter(3);
  const Address busy = one_at("192.0.2.1");
  admitted(limiter, busy, 1, begin);
  for (int i = 0; i < 1000; ++i) {
    limiter.count(one_at("198.51.100." + std::to_string(i % 256)), 1, begin);
    EXPECT_TRUE(limiter.count(busy, 1, begin));
    EXPECT_LE(limiter.clients(), 3U);
  }
}

TEST(RequestLimiter, IsSharedByLoops) {
  RequestLimiter limiter;
  std::atomic<unsigned> count{0};
  std::vector<std::thread> loops;
  for (int i = 0; i < 4; ++i) {
    loops.emplace_back([&] { count += admitted(limiter, one_at("192.0.2.1"), 1000, begin); });
  }
  for (auto& loop : loops) loop.join();
  EXPECT_EQ(count, 2000U);
}

}  // namespace
}  // namespace tonearm::server
