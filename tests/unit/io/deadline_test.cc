#include "tonearm/io/deadline.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

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

}  // namespace
}  // namespace tonearm::io
