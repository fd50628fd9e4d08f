#include "tonearm/io/blocking_pool.h"

#include "support/run.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <new>
#include <stop_token>
#include <thread>

namespace tonearm::io {
namespace {

struct Seen {
  std::thread::id worked_on;
  std::thread::id resumed_on;
};

Task<Seen> where_it_runs(BlockingPool& pool) {
  Seen seen;
  seen.worked_on = co_await pool.run(&std::this_thread::get_id);
  seen.resumed_on = std::this_thread::get_id();
  co_return seen;
}

TEST(BlockingPool, WorksOnAnotherThreadAndResumesOnTheLoop) {
  asio::io_context loop(1);
  BlockingPool pool(1);
  const Seen seen = test::run(loop, where_it_runs(pool));
  pool.join();
  EXPECT_NE(seen.worked_on, std::this_thread::get_id());
  EXPECT_EQ(seen.resumed_on, std::this_thread::get_id());
}

std::unique_ptr<int> make_answer() { return std::make_unique<int>(42); }

TEST(BlockingPool, ReturnsWhatCanOnlyBeMoved) {
  asio::io_context loop(1);
  BlockingPool pool(1);
  const auto answer = test::run(loop, pool.run(&make_answer));
  pool.join();
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, 42);
}

int fail_to_answer() { throw std::bad_alloc(); }

TEST(BlockingPool, WhatTheWorkThrowsIsTheCallersToCatch) {
  asio::io_context loop(1);
  BlockingPool pool(1);
  EXPECT_THROW(test::run(loop, pool.run(&fail_to_answer)), std::bad_alloc);
  EXPECT_EQ(*test::run(loop, pool.run(&make_answer)), 42);
  pool.join();
}

/// A caller on a loop, who may leave.
class Caller {
 public:
  template <class Value>
  void await(Task<Value> task) {
    asio::co_spawn(loop_, std::move(task),
                   asio::bind_cancellation_slot(leave_.slot(),
                                                [this](std::exception_ptr thrown, const Value&) {
                                                  ended = true;
                                                  failed = thrown != nullptr;
                                                }));
    run_what_is_ready();
  }
  void leave() {
    leave_.emit(asio::cancellation_type::terminal);
    run_what_is_ready();
  }
  void run_what_is_ready() {
    loop_.restart();
    while (loop_.poll() > 0) {
    }
  }

  bool ended = false;
  bool failed = false;

 private:
  asio::io_context loop_{1};
  asio::cancellation_signal leave_;
};

/// Keeps a thread of the pool busy until it is destroyed.
class Busy {
 public:
  explicit Busy(BlockingPool& pool) {
    auto began = std::make_shared<std::promise<void>>();
    auto begins = began->get_future();
    caller_.await(pool.run([began, ends = ends_.get_future().share()] {
      began->set_value();
      ends.wait();
      return true;
    }));
    begins.wait();
  }
  void end() { ends_.set_value(); }

 private:
  Caller caller_;
  std::promise<void> ends_;
};

TEST(BlockingPool, WhatIsWantedRunsLikeAllElse) {
  asio::io_context loop(1);
  BlockingPool pool(1);
  auto answer = [](const std::stop_token& gone) {
    return std::make_unique<int>(gone.stop_requested() ? 0 : 42);
  };
  EXPECT_EQ(*test::run(loop, pool.run_while_wanted(answer)), 42);
  auto fail = [](const std::stop_token&) { return fail_to_answer(); };
  EXPECT_THROW(test::run(loop, pool.run_while_wanted(fail)), std::bad_alloc);
  pool.join();
}

TEST(BlockingPool, WhatNobodyWantsAnyMoreIsToldSoWhileItRuns) {
  Caller caller;
  BlockingPool pool(1);
  std::promise<void> began;
  auto work = [&began](const std::stop_token& gone) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    began.set_value();
    std::condition_variable_any never;
    never.wait(lock, gone, [] { return false; });
    return true;
  };
  caller.await(pool.run_while_wanted(work));
  began.get_future().wait();
  caller.leave();
  EXPECT_TRUE(caller.failed);
  pool.join();
}

TEST(BlockingPool, WhatNobodyWantsAnyMoreNeverBegins) {
  Caller caller;
  BlockingPool pool(1);
  Busy busy(pool);
  bool began = false;
  caller.await(pool.run_while_wanted([&began](const std::stop_token&) { return began = true; }));
  caller.leave();
  EXPECT_TRUE(caller.failed) << "though the pool is busy";
  busy.end();
  pool.join();
  EXPECT_FALSE(began);
}

constexpr Clock::duration a_moment = std::chrono::milliseconds(10);
constexpr Clock::duration long_enough = std::chrono::minutes(1);
constexpr Clock::duration no_more = Clock::duration::zero();

TEST(BlockingPool, WhatComesBackInTimeIsReturnedOrThrown) {
  asio::io_context loop(1);
  BlockingPool pool(1);
  const auto patience = [] { return long_enough; };
  const auto answer = test::run(loop, pool.run_with_patience(&make_answer, patience));
  ASSERT_TRUE(answer);
  EXPECT_EQ(**answer, 42);
  EXPECT_THROW(test::run(loop, pool.run_with_patience(&fail_to_answer, patience)), std::bad_alloc);
  pool.join();
}

TEST(BlockingPool, WhatTakesLongerGoesOnAndItsOutcomeIsDropped) {
  for (const bool fails : {false, true}) {
    SCOPED_TRACE(fails);
    asio::io_context loop(1);
    BlockingPool pool(1);
    std::promise<void> release;
    auto dropped = std::make_shared<int>();
    std::atomic<bool> done = false;
    auto work = [&, released = release.get_future().share(), dropped] {
      released.wait();
      done = true;
      if (fails) throw std::bad_alloc();
      return dropped;
    };
    int asked = 0;
    const auto patience = [&asked] { return ++asked < 3 ? a_moment : no_more; };
    EXPECT_FALSE(test::run(loop, pool.run_with_patience(std::move(work), patience)));
    EXPECT_EQ(asked, 3) << "each time it was over";
    release.set_value();
    pool.join();
    EXPECT_TRUE(done);
    loop.restart();
    loop.poll();
    EXPECT_EQ(dropped.use_count(), 1);
  }
}

TEST(BlockingPool, WhatIsNotWaitedForIsDoneAllTheSame) {
  asio::io_context loop(1);
  BlockingPool pool(1);
  Busy busy(pool);
  const auto done = std::make_shared<std::atomic<bool>>(false);
  auto work = [done] { return done->exchange(true); };
  EXPECT_FALSE(test::run(loop, pool.run_with_patience(work, [] { return no_more; })));
  busy.end();
  pool.join();
  EXPECT_TRUE(*done);
}

TEST(BlockingPool, WhoLeavesWhatMustBeDoneIsNotHeldUp) {
  Caller caller;
  BlockingPool pool(1);
  Busy busy(pool);
  const auto done = std::make_shared<std::atomic<bool>>(false);
  auto work = [done] { return done->exchange(true); };
  caller.await(pool.run_with_patience(work, [] { return long_enough; }));
  caller.leave();
  EXPECT_TRUE(caller.failed) << "though the pool is busy";
  busy.end();
  pool.join();
  caller.run_what_is_ready();
  EXPECT_TRUE(*done);
}

TEST(BlockingPool, IsFullOfWhatHasNotBegun) {
  Caller first;
  Caller second;
  BlockingPool pool(1, 2);
  Busy busy(pool);
  EXPECT_FALSE(pool.is_full());
  first.await(pool.run(&make_answer));
  EXPECT_FALSE(pool.is_full());
  second.await(pool.run_while_wanted([](const std::stop_token&) { return 1; }));
  EXPECT_TRUE(pool.is_full());
  busy.end();
  pool.join();
  EXPECT_FALSE(pool.is_full());
}

}  // namespace
}  // namespace tonearm::io
