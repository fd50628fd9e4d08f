#include "source/resolver.h"

#include "tonearm/io/event.h"
#include "tonearm/source/resolvers.h"

#include "support/memory_limit.h"
#include "support/run.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tonearm::source {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const Error refusal{ErrorKind::origin_refused, "the origin answered 403", {}};

/// A resolver whose command is a shell script; $1 is the value, and the file `runs` gets a line for
/// each run.
class ResolverTest : public testing::Test {
 protected:
  ResolverTest() {
    std::string name = (std::filesystem::temp_directory_path() / "resolver-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    options_.timeout = 60s;
  }
  ~ResolverTest() override {
    resolvers_.stop();
    std::filesystem::remove_all(folder_);
  }

  std::shared_ptr<Resolver> resolver(const std::string& script) {
    options_.command = {"/bin/sh", "-c", "echo run >>" + folder_.string() + "/runs\n" + script,
                        "resolve", "{}"};
    return resolvers_.get("test", options_);
  }

  std::size_t runs() const {
    std::ifstream file(folder_ / "runs");
    std::string line;
    std::size_t count = 0;
    while (std::getline(file, line)) ++count;
    return count;
  }
  void wait_for_runs(std::size_t count) const {
    while (runs() < count) std::this_thread::yield();
  }
  void touch(const char* name) const { std::ofstream(folder_ / name) << '\n'; }
  std::string path(const char* name) const { return (folder_ / name).string(); }

  Result<LinkPtr> find(Resolver& resolver, const std::string& value = "v") {
    return test::run(loop_, resolver.find(value));
  }

  /// The same, in `loop`: what it found is there when it is known.
  static std::shared_ptr<std::optional<Result<LinkPtr>>> ask(io::asio::io_context& loop,
                                                             Resolver& resolver,
                                                             const std::string& value) {
    const auto found = std::make_shared<std::optional<Result<LinkPtr>>>();
    io::asio::co_spawn(loop, resolver.find(value),
                       [found](std::exception_ptr, Result<LinkPtr> link) { *found = link; });
    loop.restart();
    loop.poll();
    return found;
  }

  /// The script's part that does not end before there is a file of this name.
  std::string until(const std::string& name) const {
    return "while [ ! -e " + folder_.string() + "/" + name + " ]; do sleep 0.01; done; ";
  }

  /// One that has found the link to "known", and runs for somebody in `busy` until there is "go".
  std::shared_ptr<Resolver> busy_resolver(io::asio::io_context& busy) {
    options_.max_running = 1;
    auto yt = resolver("[ $1 = known ] || { " + until("go") + "}; echo http://a.example/");
    EXPECT_TRUE(find(*yt, "known"));
    ask(busy, *yt, "busy");
    wait_for_runs(2);
    return yt;
  }

  std::filesystem::path folder_;
  ResolverOptions options_;
  io::asio::io_context loop_{1};
  Resolvers resolvers_;
};

TEST_F(ResolverTest, ALinkIsFoundOnceAndKept) {
  const auto yt = resolver("echo http://a.example/$1");
  const LinkPtr first = find(*yt).value();
  EXPECT_EQ(first->answer.url.text, "http://a.example/v");
  EXPECT_EQ(find(*yt).value(), first);
  EXPECT_EQ(runs(), 1U);
  find(*yt, "w").value();
  EXPECT_EQ(runs(), 2U);
}

TEST_F(ResolverTest, OneRunServesAllWhoWaitOnAnyLoop) {
  const auto yt = resolver(until("go") + "echo http://a/");
  std::atomic<int> found = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      io::asio::io_context loop(1);
      for (int j = 0; j < 25; ++j) {
        io::asio::co_spawn(loop, yt->find("v"), [&](std::exception_ptr, Result<LinkPtr> link) {
          if (link) ++found;
        });
      }
      loop.run();
    });
  }
  wait_for_runs(1);
  touch("go");
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(found, 100);
  EXPECT_EQ(runs(), 1U);
}

TEST_F(ResolverTest, AFailureIsTheAnswerForAMoment) {
  const auto yt = resolver("echo no such video >&2; exit 1");
  for (int i = 0; i < 3; ++i) {
    const auto link = find(*yt);
    ASSERT_FALSE(link);
    EXPECT_EQ(link.error().kind, ErrorKind::resolver_failed);
    EXPECT_THAT(link.error().detail, HasSubstr("no such video"));
  }
  EXPECT_EQ(runs(), 1U);
}

TEST_F(ResolverTest, WhatTakesTooLongIsATimeout) {
  options_.timeout = 100ms;
  EXPECT_EQ(find(*resolver("sleep 1000")).error().kind, ErrorKind::http_response_timeout);
}

TEST_F(ResolverTest, NonsenseIsAFailureThatTellsWhatWasSaid) {
  const auto link = find(*resolver("echo what; echo why >&2"));
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().kind, ErrorKind::resolver_failed);
  EXPECT_THAT(link.error().detail, HasSubstr("why"));
}

TEST_F(ResolverTest, WithoutATtlNothingIsKept) {
  options_.ttl = 0ms;
  const auto yt = resolver("echo http://a.example/");
  find(*yt).value();
  find(*yt).value();
  EXPECT_EQ(runs(), 2U);
}

TEST_F(ResolverTest, WhatIsNotKeptIsNotRenewedWhileItPlays) {
  options_.ttl = 0ms;
  options_.max_running = 1;
  const auto yt = resolver("echo http://a.example/");
  find(*yt).value();
  yt->touch("v");
  find(*yt, "w").value();  // in its turn
  EXPECT_EQ(runs(), 2U);
}

TEST_F(ResolverTest, ALinkThatWasRefusedIsReplacedOnceForAll) {
  const auto yt = resolver("echo http://a.example/$(wc -l <" + path("runs") + ")");
  const LinkPtr old = find(*yt).value();
  const LinkPtr fresh = test::run(loop_, yt->renew("v", old, refusal)).value();
  EXPECT_NE(fresh->answer.url.text, old->answer.url.text);
  EXPECT_EQ(test::run(loop_, yt->renew("v", old, refusal)).value(), fresh);
  EXPECT_EQ(find(*yt).value(), fresh);
  EXPECT_EQ(runs(), 2U);
}

TEST_F(ResolverTest, LinksThatNeverWorkAreNotRenewedForEver) {
  const auto yt = resolver("echo http://a.example/");
  LinkPtr link = find(*yt).value();
  link = test::run(loop_, yt->renew("v", link, refusal)).value();
  const auto third = test::run(loop_, yt->renew("v", link, refusal));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().detail, refusal.detail);
  EXPECT_EQ(find(*yt).error().detail, refusal.detail) << "for a moment";
  EXPECT_EQ(runs(), 2U);
}

TEST_F(ResolverTest, LinksThatWorkAndEndAreRenewedEachTime) {
  const auto yt = resolver("echo http://a.example/");
  LinkPtr link = find(*yt).value();
  for (int i = 0; i < 5; ++i) {
    link->worked = true;
    link = test::run(loop_, yt->renew("v", link, refusal)).value();
  }
  EXPECT_EQ(runs(), 6U);
}

TEST_F(ResolverTest, AListenerHasALinkRenewedBeforeItEnds) {
  options_.ttl = 400ms;
  const auto yt = resolver("echo http://a.example/");
  const LinkPtr first = find(*yt).value();
  yt->touch("v");
  EXPECT_EQ(runs(), 1U) << "not yet";
  while (io::Clock::now() < first->renew) std::this_thread::yield();
  yt->touch("v");
  wait_for_runs(2);
}

TEST_F(ResolverTest, NoMoreThanMaxRunningRunAtATime) {
  options_.max_running = 2;
  // Each leaves a mark while it runs, and fails when there are more than two of them.
  const auto yt = resolver("mkdir " + path("at.") + "$1; [ $(ls -d " + path("at.") +
                           "* | wc -l) -le 2 ] || exit 1; sleep 0.02; rmdir " + path("at.") +
                           "$1; echo http://a.example/");
  int found = 0;
  for (int i = 0; i < 8; ++i) {
    io::asio::co_spawn(loop_, yt->find(std::to_string(i)),
                       [&](std::exception_ptr, Result<LinkPtr> link) { found += link ? 1 : 0; });
  }
  loop_.run();
  EXPECT_EQ(found, 8);
}

TEST_F(ResolverTest, WhoWaitsIsToldWhenItStops) {
  const auto yt = resolver("sleep 1000");
  std::optional<ErrorKind> kind;
  io::asio::co_spawn(loop_, yt->find("v"),
                     [&](std::exception_ptr, Result<LinkPtr> link) { kind = link.error().kind; });
  loop_.poll();
  wait_for_runs(1);
  resolvers_.stop();
  loop_.run();
  EXPECT_EQ(kind, ErrorKind::draining);
}

TEST_F(ResolverTest, ARunGoesOnWhenNobodyWaitsAndIsThereForTheNext) {
  const auto yt = resolver(until("go") + "echo http://a.example/");
  {
    io::asio::io_context gone(1);
    io::asio::co_spawn(gone, yt->find("v"), io::asio::detached);
    gone.poll();
    wait_for_runs(1);
  }
  touch("go");
  EXPECT_TRUE(find(*yt));
  EXPECT_EQ(runs(), 1U);
}

TEST_F(ResolverTest, ARunThatHasNotBegunIsDroppedWhenNobodyWaits) {
  options_.max_running = 1;
  const auto yt = resolver(until("go") + "echo http://a.example/");
  io::asio::co_spawn(loop_, yt->find("first"), io::asio::detached);
  loop_.poll();
  wait_for_runs(1);
  {
    io::asio::io_context gone(1);
    io::asio::co_spawn(gone, yt->find("second"), io::asio::detached);
    gone.poll();
  }
  touch("go");
  EXPECT_TRUE(find(*yt, "third"));
  EXPECT_EQ(runs(), 2U);
}

TEST_F(ResolverTest, AKnownLinkOutlivesThoseWhoAskForOthersAndLeave) {
  io::asio::io_context busy(1);
  const auto yt = busy_resolver(busy);
  const LinkPtr known = find(*yt, "known").value();
  for (std::size_t i = 0; i <= Resolver::most_links; ++i) {
    io::asio::io_context gone(1);
    ask(gone, *yt, "gone" + std::to_string(i));
  }
  touch("go");
  EXPECT_EQ(find(*yt, "known").value(), known);
  EXPECT_TRUE(find(*yt, "another"));
  EXPECT_EQ(runs(), 3U);
}

TEST_F(ResolverTest, AFullQueueRefusesAtOnceAndWhoLeavesMakesRoom) {
  io::asio::io_context busy(1);
  const auto yt = busy_resolver(busy);
  const LinkPtr known = find(*yt, "known").value();
  {
    io::asio::io_context full(1);
    for (std::size_t i = 0; i < Resolver::most_waiting; ++i) {
      ask(full, *yt, std::to_string(i));
    }
    const auto refused = ask(loop_, *yt, "one more");
    ASSERT_TRUE(*refused);
    EXPECT_EQ((*refused)->error().kind, ErrorKind::connection_limit_reached);
    EXPECT_TRUE((*refused)->error().retry_after);
    EXPECT_FALSE(*ask(full, *yt, "busy")) << "needs no place";
    EXPECT_EQ(find(*yt, "known").value(), known);
  }
  const auto found = ask(loop_, *yt, "one more");
  EXPECT_FALSE(*found);
  touch("go");
  loop_.run();
  EXPECT_TRUE((*found)->has_value());
  EXPECT_EQ(runs(), 3U);
}

TEST_F(ResolverTest, WhoseTurnDoesNotComeIsToldInTimeAndWhoseDidIsNot) {
  options_.max_running = 1;
  options_.timeout = 1s;
  const auto yt = resolver(until("go.$1") + "echo http://a.example/");
  const auto first = ask(loop_, *yt, "first");
  const auto second = ask(loop_, *yt, "second");
  const auto third = ask(loop_, *yt, "third");
  const auto asked = io::Clock::now();
  // The second begins so late that it still runs when the others' time is over.
  while (io::Clock::now() < asked + options_.timeout / 2) std::this_thread::yield();
  touch("go.first");
  while (!*third) loop_.run_one();
  EXPECT_EQ((*third)->error().kind, ErrorKind::connection_limit_reached);
  EXPECT_FALSE(*second);
  touch("go.second");
  loop_.run();
  EXPECT_TRUE((*first)->has_value());
  EXPECT_TRUE((*second)->has_value());
  EXPECT_EQ(runs(), 2U);
}

/// Asks again and again, and leaves now at once, now as soon as a run has begun.
io::Task<void> come_and_go(Resolver& resolver, int number) {
  const auto loop = co_await io::asio::this_coro::executor;
  for (int i = 0; i < 300; ++i) {
    io::asio::steady_timer::rebind_executor<io::Executor>::other patience(
        loop, std::chrono::microseconds((i % 4) * 200));
    io::asio::cancellation_signal leave;
    io::Event left(loop);
    io::asio::co_spawn(
        loop, resolver.find(std::to_string((number + i) % 7)),
        io::asio::bind_cancellation_slot(
            leave.slot(), [&left](std::exception_ptr, Result<LinkPtr>) { left.notify(); }));
    co_await patience.async_wait(io::use_task);
    leave.emit(io::asio::cancellation_type::terminal);
    co_await left.wait();
  }
}

TEST_F(ResolverTest, AnAnswerThatFindsNoMemoryIsAnErrorAndNoMore) {
  if (!test::can_run_out_of_memory) GTEST_SKIP();
  const auto yt = resolver(
      "[ $1 = v ] && { echo '{\"formats\":['; yes 1, | head -c 15000000; echo '1]}'; exit; }\n"
      "echo http://a.example/");
  {
    const test::MemoryLimit limit(64 << 20);  // of the numbers each takes 16 bytes
    const auto link = find(*yt);
    ASSERT_FALSE(link);
    EXPECT_EQ(link.error().kind, ErrorKind::internal);
  }
  EXPECT_TRUE(find(*yt, "w"));
}

TEST_F(ResolverTest, ManyComeAndGoOnAnyLoop) {
  options_.max_running = 2;
  options_.ttl = 0ms;
  const auto yt = resolver("echo http://a.example/");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&yt, i] {
      io::asio::io_context loop(1);
      io::asio::co_spawn(loop, come_and_go(*yt, i), io::asio::detached);
      loop.run();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(find(*yt));
}

TEST_F(ResolverTest, TheLinksOutliveAReloadThatChangesNothing) {
  const auto yt = resolver("echo http://a.example/");
  EXPECT_EQ(resolvers_.get("test", options_), yt);
  options_.ttl = 5s;
  EXPECT_NE(resolvers_.get("test", options_), yt);
}

TEST_F(ResolverTest, TheLinksOutliveAReloadThatCameToNothing) {
  const auto yt = resolver("echo http://a.example/");
  const ResolverOptions old = options_;
  options_.ttl = 5s;
  resolvers_.get("test", options_);
  EXPECT_EQ(resolvers_.get("test", old), yt);
}

}  // namespace
}  // namespace tonearm::source
