#include "source/host_gate.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <string>

namespace tonearm::source {
namespace {

using namespace std::chrono_literals;

class HostGateTest : public testing::Test {
 protected:
  HostGateTest() { limit_to(2); }

  struct Visitor {
    std::optional<HostGate::Permit> permit;
    bool ended = false;
    io::asio::cancellation_signal cancel;
  };

  io::Task<void> visit(Visitor& visitor, std::string host, std::chrono::milliseconds patience) {
    std::optional<HostGate::Permit> permit =
        co_await gate_->enter(std::move(host), io::Clock::now() + patience);
    if (permit) visitor.permit.emplace(std::move(*permit));
  }

  Visitor& send(const std::string& host = "a:80", std::chrono::milliseconds patience = 1h) {
    Visitor& visitor = visitors_.emplace_back();
    io::asio::co_spawn(
        loop_, visit(visitor, host, patience),
        io::asio::bind_cancellation_slot(visitor.cancel.slot(),
                                         [&](std::exception_ptr) { visitor.ended = true; }));
    settle();
    return visitor;
  }

  void settle() {
    loop_.poll();
    loop_.restart();
  }

  io::asio::io_context loop_;
  void limit_to(std::size_t most) {
    gate_.emplace(loop_.get_executor(), std::make_shared<ConnectionLimit>(most), 256);
  }

  std::optional<HostGate> gate_;
  std::list<Visitor> visitors_;
};

TEST_F(HostGateTest, AdmitsUpToItsLimitForEachHost) {
  EXPECT_TRUE(send().permit);
  EXPECT_TRUE(send().permit);
  EXPECT_FALSE(send().permit);
  EXPECT_TRUE(send("b:80").permit);
}

TEST_F(HostGateTest, AFreedPlaceGoesToTheFirstInLine) {
  Visitor& first = send();
  send();
  Visitor& third = send();
  Visitor& fourth = send();
  first.permit.reset();
  Visitor& fifth = send();  // must not push in
  EXPECT_TRUE(third.permit);
  EXPECT_FALSE(fourth.permit);
  EXPECT_FALSE(fifth.permit);
}

TEST_F(HostGateTest, WhoWaitsTooLongLeavesEmptyHanded) {
  send();
  send();
  Visitor& third = send("a:80", 5ms);
  while (!third.ended) loop_.run_one();
  EXPECT_FALSE(third.permit);
}

// Those who had a connection gave up at this moment, too.
TEST_F(HostGateTest, WhoGetsHisTurnWhenHisTimeIsOverLeavesEmptyHanded) {
  Visitor& first = send();
  send();
  Visitor& late = send("a:80", 9ms);
  Visitor& patient = send();
  first.permit.reset();
  while (!late.ended) loop_.run_one();
  settle();
  EXPECT_FALSE(late.permit);
  EXPECT_TRUE(patient.permit);
}

TEST_F(HostGateTest, WhoIsCancelledLeavesTheLine) {
  Visitor& first = send();
  send();
  Visitor& third = send();
  Visitor& fourth = send();
  third.cancel.emit(io::asio::cancellation_type::terminal);
  settle();
  EXPECT_TRUE(third.ended);
  first.permit.reset();
  settle();
  EXPECT_TRUE(fourth.permit);
}

TEST_F(HostGateTest, APlaceGivenToWhoWasCancelledIsNotLost) {
  Visitor& first = send();
  send();
  Visitor& third = send();
  Visitor& fourth = send();
  first.permit.reset();                                      // admits the third...
  third.cancel.emit(io::asio::cancellation_type::terminal);  // ...which goes before it knows
  settle();
  third.permit.reset();
  settle();
  EXPECT_TRUE(fourth.permit);
}

class HostBurstTest : public HostGateTest {
 protected:
  HostBurstTest() { limit_to(1000); }

  /// How many of so many more visitors are admitted at once.
  std::size_t admitted_of(std::size_t count) {
    std::size_t admitted = 0;
    for (std::size_t i = 0; i < count; ++i) admitted += send().permit ? 1U : 0U;
    return admitted;
  }
};

TEST_F(HostBurstTest, OnlySoManyAreOnTheirWayAtOnce) {
  EXPECT_EQ(admitted_of(20), HostGate::first_burst);
}

TEST_F(HostBurstTest, EachAnswerLetsMoreIn) {
  Visitor& first = send();
  EXPECT_EQ(admitted_of(20), HostGate::first_burst - 1);
  first.permit->answered(1ms);
  settle();
  std::size_t admitted = 0;
  for (const Visitor& visitor : visitors_) admitted += visitor.permit ? 1U : 0U;
  EXPECT_EQ(admitted, HostGate::first_burst + 2) << "its place, and one more";
}

TEST_F(HostBurstTest, ADroppedSynLetsFewerIn) {
  Visitor& first = send();
  first.permit->answered(1s);
  EXPECT_EQ(admitted_of(20), HostGate::least_burst);
}

TEST_F(HostBurstTest, WhoWaitsForLongHoldsNobodyUp) {
  admitted_of(HostGate::first_burst);
  Visitor& next = send();
  EXPECT_FALSE(next.permit);
  while (!next.ended) loop_.run_one();
  EXPECT_TRUE(next.permit);
}

// Else a crowd at a slow origin goes in by sixes, each of them `patience` later.
TEST_F(HostBurstTest, AQueueThatTakesSlowRequestsTakesTwiceAsMany) {
  admitted_of(HostGate::first_burst);
  for (Visitor& visitor : visitors_) visitor.permit->connected();
  EXPECT_EQ(admitted_of(40), 0U);
  const auto admitted = [this] {
    return std::ranges::count_if(visitors_, [](const Visitor& one) { return one.ended; });
  };
  while (admitted() == HostGate::first_burst) loop_.run_one();
  loop_.run_for(HostGate::patience / 3);  // they did not all begin in the same microsecond
  EXPECT_GE(admitted(), 3 * HostGate::first_burst);
}

}  // namespace
}  // namespace tonearm::source
