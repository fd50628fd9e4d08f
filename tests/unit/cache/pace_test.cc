#include "cache/pace.h"

#include <gtest/gtest.h>

#include <vector>

namespace tonearm::cache {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t KiB = 1024;
constexpr std::uint64_t MiB = 1024 * KiB;

const Pace::Time start{};

// Five seconds after it was let go on, and just after something has come.
TEST(Pace, WhatLiesFartherThanItSendsWithinOnesPatienceIsSlow) {
  struct Row {
    std::uint64_t came, ahead;
    bool slow;
  };
  const std::vector<Row> rows{
      {250 * KiB, 49 * KiB, false},  // 50 KiB/s
      {250 * KiB, 51 * KiB, true},
      {50 * MiB, 2 * MiB, false},
      {50 * MiB, 10 * MiB, false},
      {50 * MiB, 11 * MiB, true},
      {0, 1, true},
      {std::uint64_t{1} << 61, std::uint64_t{1} << 50, false},
      {1, std::uint64_t{1} << 61, true},
  };
  for (const Row& row : rows) {
    Pace pace(7 * MiB, start);
    pace.begin(7 * MiB, start);
    const auto now = start + seconds(5);
    const std::uint64_t position = 7 * MiB + row.came;
    pace.came(position, now);
    EXPECT_EQ(pace.is_slow(position, position + row.ahead, now, seconds(1)), row.slow)
        << row.came << " bytes have come, " << row.ahead << " lack";
  }
}

TEST(Pace, AShortRunTellsNothing) {
  Pace pace(0, start);
  pace.begin(0, start);
  EXPECT_FALSE(pace.is_slow(0, MiB, start + milliseconds(999), seconds(1)));
  pace.came(1, start + milliseconds(999));
  EXPECT_FALSE(pace.is_slow(1, MiB, start + milliseconds(999), seconds(1)));
  EXPECT_TRUE(pace.is_slow(1, MiB, start + milliseconds(1001), seconds(1)));
}

TEST(Pace, WhatStandsStillIsSlowHoweverFastItWas) {
  Pace pace(0, start);
  pace.begin(0, start);
  pace.came(100 * MiB, start + seconds(1));
  EXPECT_FALSE(pace.is_slow(100 * MiB, 101 * MiB, start + milliseconds(1999), seconds(1)));
  EXPECT_TRUE(pace.is_slow(100 * MiB, 101 * MiB, start + seconds(2), seconds(1)));
}

// While its listener paused nothing was asked of it.
TEST(Pace, APauseIsNotTheOriginsFault) {
  Pace pace(0, start);
  pace.begin(0, start);
  pace.came(MiB, start + seconds(1));
  const auto resumed = start + seconds(600);
  pace.begin(MiB, resumed);
  EXPECT_FALSE(pace.is_slow(MiB, 2 * MiB, resumed + milliseconds(500), seconds(1)));
  pace.came(9 * MiB, resumed + milliseconds(1500));
  EXPECT_FALSE(pace.is_slow(9 * MiB, 10 * MiB, resumed + milliseconds(1500), seconds(1)));
}

// A burst that passed long ago does not speak for what comes now.
TEST(Pace, IsThatOfTheLastSeconds) {
  Pace pace(0, start);
  pace.begin(0, start);
  pace.came(100 * MiB, start + seconds(8));
  for (std::uint64_t i = 1; i <= 20; ++i) {
    pace.came(100 * MiB + i * KiB, start + seconds(8) + i * milliseconds(100));
  }
  const auto now = start + seconds(10);
  EXPECT_TRUE(pace.is_slow(100 * MiB + 20 * KiB, 101 * MiB, now, seconds(1)));
}

TEST(Pace, FlowsWhileSomethingComes) {
  Pace pace(0, start);
  EXPECT_TRUE(pace.flows(start + milliseconds(999), seconds(1)));
  EXPECT_FALSE(pace.flows(start + seconds(1), seconds(1)));
  pace.came(1, start + seconds(1));
  EXPECT_TRUE(pace.flows(start + milliseconds(1999), seconds(1)));
}

}  // namespace
}  // namespace tonearm::cache
