#include "tonearm/server/playing_songs.h"
#include "tonearm/server/request_limiter.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
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

/// Whether it may play besides what plays already; it does not go on.
bool may_play(PlayingSongs& playing, const Address& client, std::string_view song,
              std::size_t most) {
  PlayingSongs::Play play;
  return playing.start(play, client, song, most);
}

TEST(PlayingSongs, SeveralRequestsForOneSongCountOnce) {
  PlayingSongs playing;
  const Address client = one_at("192.0.2.1");
  std::optional<PlayingSongs::Play> first(std::in_place);
  ASSERT_TRUE(playing.start(*first, client, "a", 1));
  std::optional<PlayingSongs::Play> again(std::in_place);
  ASSERT_TRUE(playing.start(*again, client, "a", 1));
  EXPECT_FALSE(may_play(playing, client, "b", 1));
  EXPECT_TRUE(may_play(playing, client, "b", 2));
  EXPECT_TRUE(may_play(playing, one_at("192.0.2.2"), "b", 1));
  first.reset();
  EXPECT_FALSE(may_play(playing, client, "b", 1));
  again.reset();
  EXPECT_TRUE(may_play(playing, client, "b", 1));
}

TEST(PlayingSongs, WhatStartedWithoutALimitCountsWhenThereIsOne) {
  PlayingSongs playing;
  const Address client = one_at("192.0.2.1");
  std::array<PlayingSongs::Play, 3> plays;
  EXPECT_TRUE(playing.start(plays[0], client, "a", 0));
  EXPECT_TRUE(playing.start(plays[1], client, "b", 0));
  EXPECT_TRUE(playing.start(plays[2], client, "b", 0));
  EXPECT_FALSE(may_play(playing, client, "c", 1));
  EXPECT_FALSE(may_play(playing, client, "c", 2));
  EXPECT_TRUE(may_play(playing, client, "c", 3));
  EXPECT_TRUE(may_play(playing, client, "b", 1));
  EXPECT_TRUE(may_play(playing, client, "c", 0));
}

TEST(PlayingSongs, KeepsNothingOfWhoHasStopped) {
  PlayingSongs playing;
  for (int i = 0; i < 1000; ++i) {
    const Address client(boost::asio::ip::address_v4(static_cast<unsigned>(i)));
    PlayingSongs::Play play;
    EXPECT_TRUE(playing.start(play, client, "a", 1));
    EXPECT_FALSE(may_play(playing, client, "b", 1));
    EXPECT_EQ(playing.requests(), 1U);
  }
  EXPECT_EQ(playing.requests(), 0U);
}

TEST(PlayingSongs, AreSharedByLoops) {
  PlayingSongs playing;
  std::vector<std::thread> loops;
  for (int i = 0; i < 4; ++i) {
    loops.emplace_back([&playing, i] {
      for (int n = 0; n < 2000; ++n) {
        may_play(playing, one_at("192.0.2.1"), std::to_string((i + n) % 3), 2);
      }
    });
  }
  for (auto& loop : loops) loop.join();
  EXPECT_EQ(playing.requests(), 0U);
}

}  // namespace
}  // namespace tonearm::server
