#include "source/host_connections.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace tonearm::source {
namespace {

using namespace std::chrono_literals;
using Slot = HostConnections::Slot;

/// A connection as libcurl has it, and the origin's end.
struct Connection {
  Connection() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0); }
  ~Connection() {
    for (const int end : ends) ::close(end);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const { return ends[0]; }
  bool ended() const {
    char byte = 0;
    return ::recv(ends[1], &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
  }

  std::array<int, 2> ends{};
};

/// Two loops and a limit of two.
class HostConnectionsTest : public testing::Test {
 protected:
  struct Loop {
    io::asio::io_context context{1};
    std::shared_ptr<HostConnections> connections;
  };

  HostConnectionsTest() {
    for (Loop* loop : {&here_, &there_}) {
      loop->connections = HostConnections::make(loop->context.get_executor(), limit_.host("a:80"));
    }
  }

  void settle() {
    for (int i = 0; i < 2; ++i) {
      for (Loop* loop : {&there_, &here_}) {
        loop->context.restart();
        loop->context.poll();
      }
    }
  }

  /// Requests at the same time, of which libcurl keeps the connections.
  static void use_both(HostConnections& connections, const Connection& one,
                       const Connection& other) {
    const std::optional<Slot> slot = connections.try_enter();
    ASSERT_TRUE(slot);
    use(connections, other);
    connections.kept(one.socket());
  }

  /// A request that libcurl keeps the connection of.
  static void use(HostConnections& connections, const Connection& connection) {
    const std::optional<Slot> slot = connections.try_enter();
    ASSERT_TRUE(slot);
    connections.used(connection.socket());
    connections.kept(connection.socket());
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

  ConnectionLimit limit_{2};
  Loop here_;
  Loop there_;
  const Connection one_;
  const Connection two_;
};

/// Both are in use by requests of one loop.
class AllConnectionsInUseTest : public HostConnectionsTest {
 protected:
  std::optional<Slot> first_ = here_.connections->try_enter();
  const std::optional<Slot> second_ = here_.connections->try_enter();
};

TEST_F(HostConnectionsTest, AnIdleOneCounts) {
  use(*here_.connections, one_);
  const auto slot = there_.connections->try_enter();
  EXPECT_TRUE(slot);
  EXPECT_FALSE(there_.connections->try_enter());
}

TEST_F(HostConnectionsTest, AnIdleOneIsTheNextRequestsOfItsLoop) {
  use(*here_.connections, one_);
  use(*there_.connections, two_);
  for (int i = 0; i < 3; ++i) use(*here_.connections, one_);
  EXPECT_FALSE(one_.ended());
  EXPECT_FALSE(two_.ended());
}

TEST_F(HostConnectionsTest, AnIdleOneIsClosedForWhoWaitsOnAnotherLoop) {
  use_both(*here_.connections, one_, two_);
  std::optional<Slot> slot;
  wait_for(there_, slot);
  EXPECT_TRUE(slot);
  EXPECT_NE(one_.ended(), two_.ended()) << "one is enough";
  EXPECT_FALSE(there_.connections->try_enter());
}

TEST_F(AllConnectionsInUseTest, WhatEndsWhileAnotherLoopWaitsIsNotKept) {
  std::optional<Slot> slot;
  wait_for(there_, slot);
  EXPECT_FALSE(slot);
  here_.connections->kept(one_.socket());
  first_.reset();
  EXPECT_TRUE(one_.ended());
  settle();
  EXPECT_TRUE(slot);
}

TEST_F(AllConnectionsInUseTest, WhoWaitsOnItsOwnLoopGetsTheConnectionToo) {
  std::optional<Slot> slot;
  wait_for(here_, slot);
  here_.connections->kept(one_.socket());
  first_.reset();
  settle();
  EXPECT_TRUE(slot);
  EXPECT_FALSE(one_.ended());
  EXPECT_FALSE(there_.connections->try_enter());
}

TEST_F(AllConnectionsInUseTest, ATurnThatIsNotTakenKeepsTheConnection) {
  {
    std::optional<Slot> slot;
    wait_for(here_, slot);
    here_.connections->kept(one_.socket());
    first_.reset();
    settle();
  }
  EXPECT_FALSE(one_.ended());
  EXPECT_FALSE(there_.connections->try_enter()) << "it still counts";
  EXPECT_TRUE(here_.connections->try_enter());
}

TEST_F(HostConnectionsTest, OneThatLibcurlClosesNoLongerCounts) {
  use_both(*here_.connections, one_, two_);
  here_.connections->closed(one_.socket());
  EXPECT_TRUE(there_.connections->try_enter());
}

TEST_F(AllConnectionsInUseTest, OneThatBreaksGivesItsSlotBack) {
  here_.connections->used(one_.socket());
  here_.connections->closed(one_.socket());
  first_.reset();
  EXPECT_TRUE(there_.connections->try_enter());
}

TEST_F(HostConnectionsTest, ALowerLimitClosesIdleOnes) {
  use(*here_.connections, one_);
  use(*there_.connections, two_);
  limit_.set_most(1);
  settle();
  EXPECT_NE(one_.ended(), two_.ended());
}

}  // namespace
}  // namespace tonearm::source
