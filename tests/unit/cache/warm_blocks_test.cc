#include "cache/warm_blocks.h"

#include <gtest/gtest.h>

namespace tonearm::cache {
namespace {

using namespace std::chrono_literals;

constexpr auto lifetime = 1s;

class WarmBlocksTest : public testing::Test {
 protected:
  const WarmBlocks::Clock::time_point now_{100h};
  WarmBlocks warm_;
};

TEST_F(WarmBlocksTest, NothingIsWarmAtFirst) {
  EXPECT_FALSE(warm_.cover(0, 1, now_, lifetime));
  EXPECT_FALSE(warm_.cover(0, 1, WarmBlocks::Clock::time_point{}, lifetime));
}

TEST_F(WarmBlocksTest, WhatWasAddedIsWarmAndWhatLiesBesideIsNot) {
  warm_.add(2, 5, now_, lifetime);
  EXPECT_TRUE(warm_.cover(2, 5, now_, lifetime));
  EXPECT_TRUE(warm_.cover(3, 4, now_, lifetime));
  EXPECT_FALSE(warm_.cover(1, 3, now_, lifetime));
  EXPECT_FALSE(warm_.cover(4, 6, now_, lifetime));
}

TEST_F(WarmBlocksTest, WhatWasAddedPieceByPieceIsWarmAsOne) {
  warm_.add(4, 6, now_, lifetime);
  warm_.add(0, 2, now_ + 10ms, lifetime);
  EXPECT_FALSE(warm_.cover(0, 6, now_ + 20ms, lifetime));
  warm_.add(2, 4, now_ + 20ms, lifetime);
  EXPECT_TRUE(warm_.cover(0, 6, now_ + 20ms, lifetime));
}

TEST_F(WarmBlocksTest, ItIsTrustedForItsLifetimeOnly) {
  warm_.add(0, 4, now_, lifetime);
  EXPECT_TRUE(warm_.cover(0, 4, now_ + lifetime - 1ns, lifetime));
  EXPECT_FALSE(warm_.cover(0, 4, now_ + lifetime, lifetime));
}

TEST_F(WarmBlocksTest, WhatComesAfterTheLifetimeDoesNotRenewWhatWasThereBefore) {
  warm_.add(0, 4, now_, lifetime);
  warm_.add(3, 4, now_ + lifetime, lifetime);
  EXPECT_TRUE(warm_.cover(3, 4, now_ + lifetime, lifetime));
  EXPECT_FALSE(warm_.cover(0, 4, now_ + lifetime, lifetime));
}

TEST_F(WarmBlocksTest, WhatComesLateIsTrustedNoLongerThanTheOldest) {
  warm_.add(0, 1, now_, lifetime);
  warm_.add(1, 2, now_ + lifetime - 1ms, lifetime);
  EXPECT_FALSE(warm_.cover(1, 2, now_ + lifetime, lifetime));
}

}  // namespace
}  // namespace tonearm::cache
