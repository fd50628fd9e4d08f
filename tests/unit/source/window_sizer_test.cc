#include "source/window_sizer.h"

#include <gtest/gtest.h>

#include <limits>

namespace tonearm::source {
namespace {

using namespace std::chrono_literals;
constexpr std::uint64_t endless = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kibibyte = 1024;

TEST(WindowSizer, StartsSmallSoThatASeekWastesLittle) {
  EXPECT_EQ(WindowSizer(0).next(1000, endless, false),
            (http::ByteRange{1000, 1000 + 128 * kibibyte}));
}

TEST(WindowSizer, NeverReachesPastTheEnd) {
  EXPECT_EQ(WindowSizer(0).next(90, 100, false), (http::ByteRange{90, 100}));
}

TEST(WindowSizer, AShortClosedRangeIsOneRequest) {
  EXPECT_EQ(WindowSizer(0).next(0, 1024 * kibibyte, true).size(), 1024 * kibibyte);
  EXPECT_EQ(WindowSizer(0).next(0, 1024 * kibibyte + 1, true).size(), 256 * kibibyte);
}

/// Takes a whole window as large as the sizer would ask for.
void take(WindowSizer& sizer, std::chrono::milliseconds elapsed, bool closed_range) {
  sizer.taken(sizer.next(0, endless, closed_range).size(), elapsed, closed_range);
}

TEST(WindowSizer, GrowsToFourMebibytesForWhoDrainsQuickly) {
  WindowSizer sizer(0);
  // The first ones may only have filled the kernel's queues.
  for (const std::uint64_t expected :
       {128U, 128U, 64U, 64U, 256U, 512U, 1024U, 2048U, 4096U, 4096U}) {
    EXPECT_EQ(sizer.next(0, endless, false).size(), expected * kibibyte);
    take(sizer, 10ms, false);
  }
}

TEST(WindowSizer, GrowsFasterForWhoNamedTheEnd) {
  WindowSizer sizer(0);
  for (const std::uint64_t expected : {256U, 256U, 1024U, 4096U, 4096U}) {
    EXPECT_EQ(sizer.next(0, endless, true).size(), expected * kibibyte);
    take(sizer, 10ms, true);
  }
}

TEST(WindowSizer, StaysWhereItIsForWhoPlaysAtTheRateOfTheMedia) {
  WindowSizer sizer(0);
  for (int i = 0; i < 10; ++i) take(sizer, 1500ms, false);
  EXPECT_EQ(sizer.next(0, endless, false).size(), 128 * kibibyte);
}

TEST(WindowSizer, ShrinksForWhoSlowsDown) {
  WindowSizer sizer(0);
  for (int i = 0; i < 6; ++i) take(sizer, 10ms, false);
  EXPECT_EQ(sizer.next(0, endless, false).size(), 1024 * kibibyte);
  take(sizer, 30s, false);
  EXPECT_EQ(sizer.next(0, endless, false).size(), 512 * kibibyte);
  for (int i = 0; i < 5; ++i) take(sizer, 30s, false);
  EXPECT_EQ(sizer.next(0, endless, false).size(), 128 * kibibyte);
}

TEST(WindowSizer, IsLargeAtOnceWhereManyWaitAndShrinksAsEver) {
  WindowSizer sizer(0);
  take(sizer, 10ms, false);
  sizer.expect_many_readers();
  EXPECT_EQ(sizer.next(0, endless, false).size(), 4096 * kibibyte);
  EXPECT_EQ(sizer.next(0, 90, false).size(), 90U);
  take(sizer, 30s, false);
  EXPECT_EQ(sizer.next(0, endless, false).size(), 2048 * kibibyte);
}

TEST(WindowSizer, TheOperatorsWindowBoundsEveryRequest) {
  WindowSizer sizer(64 * kibibyte);
  EXPECT_EQ(sizer.next(0, endless, false).size(), 64 * kibibyte);
  EXPECT_EQ(sizer.next(0, 500 * kibibyte, true).size(), 64 * kibibyte);
  for (int i = 0; i < 9; ++i) take(sizer, 1ms, false);
  EXPECT_EQ(sizer.next(0, endless, false).size(), 64 * kibibyte);
  sizer.expect_many_readers();
  EXPECT_EQ(sizer.next(0, endless, false).size(), 64 * kibibyte);
}

}  // namespace
}  // namespace tonearm::source
