#include "tonearm/io/deadline.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <vector>

namespace tonearm::io {
namespace {

using namespace std::chrono_literals;

TEST(Deadline, ExpiresOnce) {
  asio::io_context loop;
  int fired = 0;
  Deadline deadline(loop.get_executor(), [&] { ++fired; });
  deadline.expire_after(1ms);
  loop.run();
  EXPECT_EQ(fired, 1);
}

TEST(Deadline, MovedLaterItDoesNotExpireEarly) {
  asio::io_context loop;
  std::optional<Clock::time_point> fired;
  Deadline deadline(loop.get_executor(), [&] { fired = Clock::now(); });
  const auto start = Clock::now();
  deadline.expire_after(2ms);
  deadline.expire_after(30ms);
  loop.run();
  ASSERT_TRUE(fired);
  EXPECT_GE(*fired - start, 30ms);
}

TEST(Deadline, MovedEarlierItExpiresThen) {
  asio::io_context loop;
  bool fired = false;
  Deadline deadline(loop.get_executor(), [&] { fired = true; });
  deadline.expire_after(1h);
  deadline.expire_after(1ms);
  while (!fired && loop.run_one() > 0) {
  }
  EXPECT_TRUE(fired);
}

TEST(Deadline, ClearedItDoesNotExpire) {
  asio::io_context loop;
  bool fired = false;
  Deadline deadline(loop.get_executor(), [&] { fired = true; });
  deadline.expire_after(1ms);
  deadline.clear();
  loop.run();
  EXPECT_FALSE(fired);
}

TEST(Deadline, CanBeSetAgainAfterItExpired) {
  asio::io_context loop;
  int fired = 0;
  std::unique_ptr<Deadline> deadline;
  deadline = std::make_unique<Deadline>(loop.get_executor(), [&] {
    if (++fired < 3) deadline->expire_after(1ms);
  });
  deadline->expire_after(1ms);
  loop.run();
  EXPECT_EQ(fired, 3);
}

TEST(Deadline, MayBeDestroyedByItsOwnAction) {
  asio::io_context loop;
  std::unique_ptr<Deadline> deadline;
  deadline = std::make_unique<Deadline>(loop.get_executor(), [&] { deadline.reset(); });
  deadline->expire_after(1ms);
  loop.run();
  EXPECT_FALSE(deadline);
}

TEST(Deadline, DestroyedItNeverExpires) {
  asio::io_context loop;
  bool fired = false;
  auto deadline = std::make_unique<Deadline>(loop.get_executor(), [&] { fired = true; });
  deadline->expire_after(1ms);
  deadline.reset();
  loop.run();
  EXPECT_FALSE(fired);
}

/// Until a deadline that was set for now is later than a busy loop would be.
void stand_still() {
  const auto end = Clock::now() + 100ms;
  while (Clock::now() < end) {
  }
}

TEST(Deadline, BehindAStandstillComesAllThatCameMeanwhile) {
  constexpr int many = 300;  // more than Asio takes from epoll in one turn
  asio::io_context loop(1);
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  std::vector<asio::posix::stream_descriptor> readers;
  bool fired = false;
  Deadline deadline(loop.get_executor(), [&] { fired = true; });
  int handled = 0;
  for (int i = 0; i < many; ++i) {
    readers.emplace_back(loop, ::dup(pipe[0]));
    readers.back().async_wait(asio::posix::descriptor_base::wait_read,
                              [&](const boost::system::error_code&) { ++handled; });
  }
  loop.poll();
  deadline.expire_after(0ms);
  ASSERT_EQ(::write(pipe[1], "x", 1), 1);
  stand_still();
  while (handled < many && !fired) loop.run_one();
  EXPECT_FALSE(fired) << handled;
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST(Deadline, WhatEndsNothingExpiresAtOnce) {
  asio::io_context loop(1);
  bool fired = false;
  Deadline deadline(
      loop.get_executor(), [&] { fired = true; }, Deadline::Late::expires);
  deadline.expire_after(0ms);
  stand_still();
  loop.poll();
  EXPECT_TRUE(fired);
}

TEST(Deadline, BehindAStandstillItExpiresAllTheSame) {
  asio::io_context loop(1);
  int fired = 0;
  Deadline deadline(loop.get_executor(), [&] {
    ++fired;
    stand_still();
  });
  deadline.expire_after(0ms);
  stand_still();
  loop.run();
  EXPECT_EQ(fired, 1);
}

}  // namespace
}  // namespace tonearm::io
