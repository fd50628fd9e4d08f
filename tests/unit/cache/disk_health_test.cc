#include "cache/disk_health.h"

#include <gtest/gtest.h>

namespace tonearm::cache {
namespace {

using namespace std::chrono_literals;

constexpr DiskHealth::Clock::time_point moment(24h);

TEST(DiskHealth, AFailureKeepsFromWritingForAWhile) {
  DiskHealth health;
  EXPECT_TRUE(health.may_write(moment));
  health.fail(moment);
  EXPECT_FALSE(health.may_write(moment));
  EXPECT_FALSE(health.may_write(moment + 9s));
  EXPECT_TRUE(health.may_write(moment + 10s));
}

TEST(DiskHealth, WhatIsMendedMayBeWrittenAtOnce) {
  DiskHealth health;
  health.fail(moment);
  health.mend();
  EXPECT_TRUE(health.may_write(moment));
}

TEST(DiskHealth, IsWarnedOfOnceUntilItHasBeenWellForAMinute) {
  DiskHealth health;
  EXPECT_FALSE(health.succeed(moment)) << "nobody was warned";
  EXPECT_TRUE(health.fail(moment));
  EXPECT_FALSE(health.fail(moment + 20s));
  EXPECT_FALSE(health.succeed(moment + 79s)) << "a minute since the last failure";
  EXPECT_TRUE(health.succeed(moment + 80s));
  EXPECT_FALSE(health.succeed(moment + 80s)) << "said once";
  EXPECT_TRUE(health.fail(moment + 90s));
}

// Of a directory that cannot be opened is said as much as of one that cannot be written.
TEST(DiskHealth, OneWarningStandsForAllThatIsWrong) {
  DiskHealth health;
  EXPECT_TRUE(health.warn());
  EXPECT_FALSE(health.warn());
  EXPECT_FALSE(health.fail(moment));
  health.begin_anew();
  EXPECT_TRUE(health.fail(moment));
}

}  // namespace
}  // namespace tonearm::cache
