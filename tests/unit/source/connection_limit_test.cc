#include "tonearm/source/http_source.h"

#include "source/limited_host.h"
#include "support/run.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace tonearm::source {
namespace {

using namespace std::chrono_literals;
using Host = ConnectionLimit::Host;

TEST(ConnectionLimit, CountsByAuthority) {
  ConnectionLimit limit(1);
  const auto slot = limit.host("a:80")->try_enter();
  EXPECT_TRUE(slot);
  EXPECT_FALSE(limit.host("a:80")->try_enter());
  EXPECT_TRUE(limit.host("b:80")->try_enter());
}

TEST(ConnectionLimit, MayChange) {
  ConnectionLimit limit(1);
  const auto host = limit.host("a:80");
  const auto first = host->try_enter();
  limit.set_most(2);
  auto second = host->try_enter();
  EXPECT_TRUE(second);
  limit.set_most(1);
  second.reset();
  EXPECT_FALSE(host->try_enter());
}

TEST(ConnectionLimit, AClientThatIsMadeChangesNothingForOthers) {
  io::asio::io_context loop(1);
  HttpOptions options;
  options.connections = std::make_shared<ConnectionLimit>(1);
  options.max_connections_per_host = 2;
  const auto client = make_http_client(loop.get_executor(), options);
  const auto host = options.connections->host("a:80");
  const auto slot = host->try_enter();
  EXPECT_FALSE(host->try_enter());
}

/// One that keeps nothing.
class Pool final : public Host::Pool {
 public:
  explicit Pool(io::Executor loop) : loop_(loop) {}

  io::Executor loop() const override { return loop_; }
  void make_room() override {}
  void take_back(Host::Slot) override {}

 private:
  io::Executor loop_;
};

io::Task<void> enter(Host& host, io::Executor loop, std::optional<Host::Slot>& slot,
                     std::vector<int>& order, int number) {
  auto entered = co_await host.enter(std::make_shared<Pool>(loop), io::Clock::now() + 1h);
  if (!entered) co_return;
  slot.emplace(std::move(*entered));
  order.push_back(number);
}

TEST(ConnectionLimit, WhoWaitsIsServedInOrderWhateverTheLoop) {
  ConnectionLimit limit(1);
  const auto host = limit.host("a:80");
  io::asio::io_context one(1);
  io::asio::io_context two(1);
  auto first = host->try_enter();
  std::vector<std::optional<Host::Slot>> slots(4);
  std::vector<int> order;
  for (int i = 0; i < 4; ++i) {
    io::asio::io_context& loop = i % 2 == 0 ? one : two;
    io::asio::co_spawn(
        loop, enter(*host, loop.get_executor(), slots[static_cast<std::size_t>(i)], order, i),
        io::asio::detached);
    loop.restart();
    loop.poll();
  }
  EXPECT_TRUE(order.empty());
  first.reset();
  EXPECT_FALSE(host->try_enter()) << "must not push in";
  for (std::size_t i = 0; i < 4; ++i) {
    for (io::asio::io_context* loop : {&two, &one}) {
      loop->restart();
      loop->poll();
    }
    ASSERT_EQ(order.size(), i + 1);
    slots[i].reset();
  }
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3}));
  EXPECT_TRUE(host->try_enter());
}

TEST(ConnectionLimit, AHigherOneAdmitsThoseWhoWaitAlready) {
  ConnectionLimit limit(1);
  const auto host = limit.host("a:80");
  const auto first = host->try_enter();
  io::asio::io_context loop(1);
  std::optional<Host::Slot> slot;
  std::vector<int> order;
  io::asio::co_spawn(loop, enter(*host, loop.get_executor(), slot, order, 0), io::asio::detached);
  loop.poll();
  EXPECT_FALSE(slot);
  limit.set_most(2);
  loop.restart();
  loop.poll();
  EXPECT_TRUE(slot);
}

TEST(ConnectionLimit, WhoIsGoneWithItsLoopHoldsNothing) {
  ConnectionLimit limit(1);
  const auto host = limit.host("a:80");
  auto first = host->try_enter();
  std::optional<Host::Slot> slot;
  std::vector<int> order;
  for (const bool admitted : {false, true}) {
    io::asio::io_context loop(1);
    io::asio::co_spawn(loop, enter(*host, loop.get_executor(), slot, order, 0), io::asio::detached);
    loop.poll();
    if (admitted) first.reset();  // its turn has come, and it does not know
  }
  EXPECT_TRUE(host->try_enter());
}

io::Task<void> come_and_go(Host& host, io::Executor loop, std::atomic<int>& now,
                           std::atomic<int>& most, std::atomic<int>& served) {
  const auto pool = std::make_shared<Pool>(loop);
  for (int i = 0; i < 200; ++i) {
    std::optional<Host::Slot> slot = host.try_enter();
    if (!slot) {
      auto entered = co_await host.enter(pool, io::Clock::now() + (i % 3 == 0 ? 1ms : 60'000ms));
      if (!entered) continue;
      slot.emplace(std::move(*entered));
    }
    const int here = ++now;
    int seen = most;
    while (here > seen && !most.compare_exchange_weak(seen, here)) {
    }
    ++served;
    co_await io::asio::post(loop, io::use_task);
    --now;
  }
}

TEST(ConnectionLimit, HoldsForLoopsOfManyThreads) {
  ConnectionLimit limit(3);
  const auto host = limit.host("a:80");
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  std::atomic<int> served = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      io::asio::io_context loop(1);
      for (int i = 0; i < 4; ++i) {
        io::asio::co_spawn(loop, come_and_go(*host, loop.get_executor(), now, most, served),
                           io::asio::detached);
      }
      loop.run();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(most, 3);
  EXPECT_GE(served, 4 * 4 * 100);
  EXPECT_TRUE(host->try_enter()) << "nothing is lost";
}

}  // namespace
}  // namespace tonearm::source
