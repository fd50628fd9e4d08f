#include "source/host_connections.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace tonearm::source {
namespace {

using namespace std::chrono_literals;
using Slot = HostConnections::Slot;

/// The origin's end of a connection.
class OriginsEnd {
 public:
  explicit OriginsEnd(int socket) : socket_(socket) {}

  bool ended() const {
    char byte = 0;
    return ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
  }
  void say(std::string_view text) const {
    EXPECT_EQ(::send(socket_.get(), text.data(), text.size(), 0),
              static_cast<ssize_t>(text.size()));
  }
  void end() { socket_ = io::OwnedDescriptor(); }

 private:
  io::OwnedDescriptor socket_;
};

/// Two loops and a limit of two; no more than three connections of a loop are kept.
class HostConnectionsTest : public testing::Test {
 protected:
  struct Loop {
    io::asio::io_context context{1};
    std::shared_ptr<IdleConnections> idle =
        std::make_shared<IdleConnections>(context.get_executor(), 3);
    std::shared_ptr<HostConnections> connections;
  };

  HostConnectionsTest() {
    for (Loop* loop : {&here_, &there_}) loop->connections = connections_to("a:80", *loop);
  }

  std::shared_ptr<HostConnections> connections_to(const std::string& host, Loop& loop) {
    return HostConnections::make(loop.context.get_executor(), limit_.host(host), loop.idle);
  }

  /// A new one; the origin's end is then `ends_`' last.
  std::unique_ptr<OriginConnection> connect(Loop& loop) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    ends_.emplace_back(ends[1]);
    return std::make_unique<OriginConnection>(loop.context.get_executor(),
                                              io::OwnedDescriptor(ends[0]));
  }

  void settle() {
    for (int i = 0; i < 2; ++i) {
      for (Loop* loop : {&there_, &here_}) {
        loop->context.restart();
        loop->context.poll();
      }
    }
  }

  /// A request, after which its connection is kept.
  void use(Loop& loop) {
    const std::optional<Slot> slot = loop.connections->try_enter();
    ASSERT_TRUE(slot);
    std::unique_ptr<OriginConnection> connection = loop.connections->take(any);
    loop.connections->keep(connection ? std::move(connection) : connect(loop));
  }

  /// Two at the same time.
  void use_two(Loop& loop) {
    const std::optional<Slot> slot = loop.connections->try_enter();
    ASSERT_TRUE(slot);
    use(loop);
    loop.connections->keep(connect(loop));
  }

  static io::Task<void> enter(HostConnections& connections, std::optional<Slot>& slot,
                              std::chrono::milliseconds patience) {
    auto entered = co_await connections.enter(io::Clock::now() + patience);
    if (entered) slot.emplace(std::move(*entered));
  }

  void wait_for(Loop& loop, std::optional<Slot>& slot, std::chrono::milliseconds patience = 1h) {
    io::asio::co_spawn(loop.context, enter(*loop.connections, slot, patience), io::asio::detached);
    settle();
  }

  static constexpr HostConnections::Wish any{false, true};  ///< Of the test's, which are private.
  ConnectionLimit limit_{2};
  Loop here_;
  Loop there_;
  std::deque<OriginsEnd> ends_;
};

/// Both are in use by requests of one loop.
class AllConnectionsInUseTest : public HostConnectionsTest {
 protected:
  std::optional<Slot> first_ = here_.connections->try_enter();
  const std::optional<Slot> second_ = here_.connections->try_enter();
};

TEST_F(HostConnectionsTest, AnIdleOneCounts) {
  use(here_);
  const auto slot = there_.connections->try_enter();
  EXPECT_TRUE(slot);
  EXPECT_FALSE(there_.connections->try_enter());
}

TEST_F(HostConnectionsTest, AnIdleOneIsTheNextRequestsOfItsLoop) {
  use(here_);
  use(there_);
  for (int i = 0; i < 3; ++i) use(here_);
  EXPECT_EQ(ends_.size(), 2U);
  EXPECT_FALSE(ends_[0].ended());
  EXPECT_FALSE(ends_[1].ended());
}

TEST_F(HostConnectionsTest, TheOneThatWasUsedLastIsTakenFirst) {
  use_two(here_);
  const auto slot = here_.connections->try_enter();
  const auto taken = here_.connections->take(any);
  ASSERT_TRUE(taken);
  ends_[1].say("x");
  EXPECT_FALSE(taken->is_quiet());
}

TEST_F(HostConnectionsTest, AnIdleOneIsClosedForWhoWaitsOnAnotherLoop) {
  use_two(here_);
  std::optional<Slot> slot;
  wait_for(there_, slot);
  EXPECT_TRUE(slot);
  EXPECT_TRUE(ends_[0].ended()) << "the one that was idle for longer";
  EXPECT_FALSE(ends_[1].ended()) << "one is enough";
  EXPECT_FALSE(there_.connections->try_enter());
}

TEST_F(AllConnectionsInUseTest, WhatEndsWhileAnotherLoopWaitsIsNotKept) {
  std::optional<Slot> slot;
  wait_for(there_, slot);
  EXPECT_FALSE(slot);
  here_.connections->keep(connect(here_));
  first_.reset();
  EXPECT_TRUE(ends_[0].ended());
  settle();
  EXPECT_TRUE(slot);
}

TEST_F(AllConnectionsInUseTest, WhoWaitsOnItsOwnLoopGetsTheConnectionToo) {
  std::optional<Slot> slot;
  wait_for(here_, slot);
  here_.connections->keep(connect(here_));
  first_.reset();
  settle();
  EXPECT_TRUE(slot);
  EXPECT_FALSE(ends_[0].ended());
  EXPECT_TRUE(here_.connections->take(any));
  EXPECT_FALSE(there_.connections->try_enter());
}

TEST_F(AllConnectionsInUseTest, ATurnThatIsNotTakenKeepsTheConnection) {
  {
    std::optional<Slot> slot;
    wait_for(here_, slot);
    here_.connections->keep(connect(here_));
    first_.reset();
    settle();
  }
  EXPECT_FALSE(ends_[0].ended());
  EXPECT_FALSE(there_.connections->try_enter()) << "it still counts";
  EXPECT_TRUE(here_.connections->try_enter());
}

TEST_F(HostConnectionsTest, OneThatTheOriginEndsNoLongerCounts) {
  use_two(here_);
  ends_[0].end();
  settle();
  EXPECT_TRUE(there_.connections->try_enter());
}

TEST_F(AllConnectionsInUseTest, OneThatBreaksGivesItsSlotBack) {
  connect(here_).reset();
  first_.reset();
  EXPECT_TRUE(there_.connections->try_enter());
}

TEST_F(HostConnectionsTest, ALowerLimitClosesIdleOnes) {
  use(here_);
  use(there_);
  limit_.set_most(1);
  settle();
  EXPECT_NE(ends_[0].ended(), ends_[1].ended());
}

// RFC 9112 §6.3: nobody has asked for what it says, and the next request would take it for its
// answer.
TEST_F(HostConnectionsTest, OneThatSaysSomethingUnaskedIsClosed) {
  use(here_);
  ends_[0].say("HTTP/1.1 200 OK\r\n\r\n");
  settle();
  EXPECT_FALSE(here_.connections->has_idle());
}

TEST_F(HostConnectionsTest, OneThatHasJustSaidSomethingIsNotTaken) {
  for (const bool ended : {false, true}) {
    use(here_);
    ended ? ends_.back().end() : ends_.back().say("HTTP/1.1 200 OK\r\n\r\n");
    const auto slot = here_.connections->try_enter();
    EXPECT_FALSE(here_.connections->take(any)) << ended;
  }
}

// upstream.allow_private: somebody with more trust may have made it.
TEST_F(HostConnectionsTest, OneToAPrivateAddressIsNotForWhoMayNotAskThere) {
  use(here_);
  const auto slot = here_.connections->try_enter();
  EXPECT_FALSE(here_.connections->take({false, false}));
}

TEST_F(HostConnectionsTest, OneWithoutTlsIsNotForWhoAsksWithIt) {
  use(here_);
  const auto slot = here_.connections->try_enter();
  EXPECT_FALSE(here_.connections->take({true, true}));
}

TEST_F(HostConnectionsTest, OneThatNobodyAsksForLongIsClosed) {
  here_.idle = std::make_shared<IdleConnections>(here_.context.get_executor(), 3, 50ms);
  here_.connections = connections_to("a:80", here_);
  use(here_);
  const auto before = io::Clock::now();
  use_two(here_);  // its time begins anew
  here_.context.restart();
  while (here_.connections->has_idle() && here_.context.run_one() != 0) {
  }
  EXPECT_GE(io::Clock::now() - before, 50ms);
  EXPECT_TRUE(ends_[0].ended());
  EXPECT_TRUE(ends_[1].ended());
}

TEST_F(HostConnectionsTest, OfALoopsIdleOnesTheOldestMakesRoom) {
  std::vector<std::shared_ptr<HostConnections>> hosts;
  for (const char* const host : {"b:80", "c:80", "d:80"}) {
    hosts.push_back(connections_to(host, here_));
  }
  use(here_);
  for (const auto& host : hosts) {
    const auto slot = host->try_enter();
    host->keep(connect(here_));
  }
  EXPECT_TRUE(ends_[0].ended());
  EXPECT_FALSE(ends_[1].ended());
  EXPECT_FALSE(here_.connections->has_idle());
  EXPECT_TRUE(here_.connections->try_enter());
  EXPECT_TRUE(here_.connections->try_enter()) << "it counts no longer";
}

}  // namespace
}  // namespace tonearm::source
