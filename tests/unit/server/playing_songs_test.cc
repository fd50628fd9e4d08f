#include "tonearm/server/playing_songs.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace tonearm::server {
namespace {

using namespace std::chrono_literals;

Address listener_at(const std::string& text) { return boost::asio::ip::make_address(text); }

/// Whether it may play besides what plays already; it does not go on.
bool may_play(PlayingSongs& playing, const Address& client, std::string_view song,
              std::size_t most) {
  PlayingSongs::Play play;
  return playing.start(play, client, song, most);
}

TEST(PlayingSongs, SeveralRequestsForOneSongCountOnce) {
  PlayingSongs playing;
  const Address client = listener_at("192.0.2.1");
  std::optional<PlayingSongs::Play> first(std::in_place);
  ASSERT_TRUE(playing.start(*first, client, "a", 1));
  std::optional<PlayingSongs::Play> again(std::in_place);
  ASSERT_TRUE(playing.start(*again, client, "a", 1));
  EXPECT_FALSE(may_play(playing, client, "b", 1));
  EXPECT_TRUE(may_play(playing, client, "b", 2));
  EXPECT_TRUE(may_play(playing, listener_at("192.0.2.2"), "b", 1));
  first.reset();
  EXPECT_FALSE(may_play(playing, client, "b", 1));
  again.reset();
  EXPECT_TRUE(may_play(playing, client, "b", 1));
}

TEST(PlayingSongs, WhatStartedWithoutALimitCountsWhenThereIsOne) {
  PlayingSongs playing;
  const Address client = listener_at("192.0.2.1");
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
        may_play(playing, listener_at("192.0.2.1"), std::to_string((i + n) % 3), 2);
      }
    });
  }
  for (auto& loop : loops) loop.join();
  EXPECT_EQ(playing.requests(), 0U);
}

/// One client that may play one song, and requests of it on two loops.
class WaitingSongsTest : public testing::Test {
 protected:
  struct Visitor {
    std::optional<PlayingSongs::Play> play;
    std::optional<bool> started;
    bool ended = false;
    io::asio::cancellation_signal cancel;
  };

  WaitingSongsTest() { EXPECT_TRUE(playing_.start(*first_, client_, "a", 1)); }

  io::Task<void> come(Visitor& visitor, std::string_view song, std::chrono::milliseconds patience) {
    visitor.play.emplace();
    visitor.started = playing_.start(*visitor.play, client_, song, 1);
    if (*visitor.started) co_return;
    visitor.started.reset();
    visitor.started = co_await playing_.start_soon(*visitor.play, 1, io::Clock::now() + patience);
  }

  Visitor& send(io::asio::io_context& loop, std::string_view song,
                std::chrono::milliseconds patience = 1h) {
    Visitor& visitor = visitors_.emplace_back();
    io::asio::co_spawn(loop, come(visitor, song, patience),
                       io::asio::bind_cancellation_slot(visitor.cancel.slot(),
                                                        [&visitor](std::exception_ptr error) {
                                                          if (error) visitor.play.reset();
                                                          visitor.ended = true;
                                                        }));
    settle();
    return visitor;
  }

  void settle() {
    for (io::asio::io_context* loop : {&here_, &there_}) {
      loop->restart();
      loop->poll();
    }
  }

  PlayingSongs playing_;
  const Address client_ = listener_at("192.0.2.1");
  std::optional<PlayingSongs::Play> first_{std::in_place};
  std::list<Visitor> visitors_;
  io::asio::io_context here_{1};
  io::asio::io_context there_{1};
};

TEST_F(WaitingSongsTest, TheEndOfOneWakesTheNextOnItsOwnLoop) {
  const Visitor& next = send(there_, "b");
  EXPECT_FALSE(next.ended);
  EXPECT_EQ(playing_.waiting(), 1U);
  std::thread([this] { first_.reset(); }).join();
  EXPECT_FALSE(next.ended) << "not on the thread of who has ended";
  EXPECT_FALSE(may_play(playing_, client_, "c", 1)) << "must not push in";
  here_.restart();
  here_.poll();
  EXPECT_FALSE(next.ended);
  there_.restart();
  there_.poll();
  EXPECT_EQ(next.started, true);
  EXPECT_EQ(playing_.waiting(), 0U);
  EXPECT_EQ(playing_.requests(), 1U);
}

TEST_F(WaitingSongsTest, AnotherClientsEndWakesNobody) {
  std::optional<PlayingSongs::Play> other(std::in_place);
  ASSERT_TRUE(playing_.start(*other, listener_at("192.0.2.2"), "a", 1));
  const Visitor& next = send(here_, "b");
  other.reset();
  settle();
  EXPECT_FALSE(next.ended);
}

TEST_F(WaitingSongsTest, WhoComesFirstIsFirst) {
  Visitor& b = send(here_, "b");
  Visitor& c = send(there_, "c");
  first_.reset();
  settle();
  EXPECT_EQ(b.started, true);
  EXPECT_FALSE(c.ended);
  b.play.reset();
  settle();
  EXPECT_EQ(c.started, true);
}

TEST_F(WaitingSongsTest, SeveralRequestsForOneSongStartTogether) {
  const Visitor& one = send(here_, "b");
  const Visitor& other = send(there_, "b");
  first_.reset();
  settle();
  EXPECT_EQ(one.started, true);
  EXPECT_EQ(other.started, true);
}

TEST_F(WaitingSongsTest, WhoWaitsTooLongIsRefused) {
  const Visitor& next = send(there_, "b", 5ms);
  while (!next.ended) there_.run_one();
  EXPECT_EQ(next.started, false);
  EXPECT_EQ(playing_.waiting(), 0U);
  first_.reset();
  EXPECT_EQ(playing_.requests(), 0U);
}

TEST_F(WaitingSongsTest, WhoIsCancelledLeavesNothingBehind) {
  Visitor& next = send(there_, "b");
  next.cancel.emit(io::asio::cancellation_type::terminal);
  settle();
  EXPECT_TRUE(next.ended);
  EXPECT_FALSE(next.started);
  EXPECT_EQ(playing_.waiting(), 0U);
  first_.reset();
  EXPECT_EQ(playing_.requests(), 0U);
}

TEST_F(WaitingSongsTest, ATurnOfWhoWasCancelledGoesToTheNext) {
  Visitor& b = send(here_, "b");
  const Visitor& c = send(there_, "c");
  first_.reset();                                        // the turn of the one...
  b.cancel.emit(io::asio::cancellation_type::terminal);  // ...which goes before it knows
  settle();
  b.play.reset();
  settle();
  EXPECT_EQ(c.started, true);
}

TEST_F(WaitingSongsTest, WhoIsGoneWithItsLoopHoldsNothing) {
  for (const bool admitted : {false, true}) {
    auto loop = std::make_unique<io::asio::io_context>(1);
    Visitor& next = send(*loop, "b");
    loop->poll();
    EXPECT_EQ(playing_.waiting(), 1U);
    if (admitted) first_.reset();
    loop.reset();
    next.play.reset();
    EXPECT_EQ(playing_.waiting(), 0U);
  }
  EXPECT_EQ(playing_.requests(), 0U);
}

io::Task<void> play_often(PlayingSongs& playing, Address client, std::string song,
                          std::atomic<int>& now, std::atomic<bool>& too_many) {
  const io::Executor loop = co_await io::asio::this_coro::executor;
  for (int i = 0; i < 500; ++i) {
    PlayingSongs::Play play;
    bool plays = playing.start(play, client, song, 2);
    const auto patience = i % 3 == 0 ? 1ms : 60'000ms;
    if (!plays) plays = co_await playing.start_soon(play, 2, io::Clock::now() + patience);
    if (!plays) continue;
    if (++now > 2) too_many = true;
    co_await io::asio::post(loop, io::use_task);
    --now;
  }
}

TEST(PlayingSongs, NeverPlayMoreThanTheLimitOnLoopsOfManyThreads) {
  PlayingSongs playing;
  std::atomic<int> now = 0;
  std::atomic<bool> too_many = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      io::asio::io_context loop(1);
      for (const char* name : {"a", "b"}) {
        io::asio::co_spawn(
            loop,
            play_often(playing, listener_at("192.0.2.1"), name + std::to_string(t), now, too_many),
            io::asio::detached);
      }
      loop.run();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(too_many);
  EXPECT_EQ(playing.waiting(), 0U);
  EXPECT_EQ(playing.requests(), 0U);
}

}  // namespace
}  // namespace tonearm::server
