#include "unit/cache/cache_fixture.h"

#include <cstdlib>
#include <new>

namespace {

/// Of this thread: how many allocations still succeed before one fails; negative: all do.
thread_local long allocations_left = -1;
thread_local bool has_failed = false;

}  // namespace

// A binary of its own, since there is one operator new for all that is in it.
void* operator new(std::size_t size) {
  if (allocations_left >= 0 && allocations_left-- == 0) {
    has_failed = true;
    throw std::bad_alloc();
  }
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace tonearm::cache {
namespace {

class OutOfMemoryTest : public CacheTest {
 protected:
  static constexpr std::uint64_t length = 40 * B;

  void TearDown() override {
    allocations_left = -1;
    CacheTest::TearDown();
  }

  /// One request for a block, for which the allocation after `count` others fails, unless the
  /// origin has been asked by then. False when none did.
  bool ask_while_memory_runs_out(long count) {
    const auto request = begin(20 * B, 21 * B - 1);
    const int described = song_->described;
    has_failed = false;
    allocations_left = count;
    loop_.restart();
    try {
      while (!has_failed && !request->ended && song_->described == described) {
        loop_.run_one_for(std::chrono::milliseconds(1));
      }
    } catch (const std::bad_alloc&) {
    }
    allocations_left = -1;
    return has_failed;
  }

  /// Nobody may be left to wait for what has not been begun.
  void expect_that_the_next_is_served(bool warm) {
    bool fails = true;
    for (long count = 0; fails; ++count) {
      SCOPED_TRACE(count);
      auto song = std::make_shared<ScriptedSong>(length);
      song->before_describe = [] { allocations_left = -1; };
      open(std::move(song));
      if (warm) {
        get(0, 99);
        settle();
      }
      fails = ask_while_memory_runs_out(count);
      const auto next = begin(20 * B, 21 * B - 1);
      ASSERT_TRUE(run_until([&] { return next->ended; }));
      EXPECT_FALSE(next->got.error);
      EXPECT_EQ(next->got.body, content(20 * B, 21 * B));
      TearDown();
      SetUp();
    }
  }
};

TEST_F(OutOfMemoryTest, AVisitThatCannotBeMadeKeepsNobodyWaiting) {
  expect_that_the_next_is_served(false);
}

TEST_F(OutOfMemoryTest, AFillThatCannotBeStartedKeepsNobodyWaiting) {
  expect_that_the_next_is_served(true);
}

}  // namespace
}  // namespace tonearm::cache
