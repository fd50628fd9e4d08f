#include "tonearm/io/blocking_pool.h"

#include "support/run.h"

#include <gtest/gtest.h>

#include <memory>
#include <new>
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

}  // namespace
}  // namespace tonearm::io
