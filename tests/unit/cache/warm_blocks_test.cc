#include "cache/warm_blocks.h"

#include <gtest/gtest.h>

namespace tonearm::cache {
namespace {

using namespace std::chrono_literals;

class WarmBlocksTest : public testing::Test {
 protected:
  const WarmBlocks::Clock::time_point now_{100h};
  WarmBlocks warm_;
};

TEST_F(WarmBlocksTest, NothingIsWarmAtFirst) {
  EXPECT_FALSE(warm_.cover(0, 1, now_));
  EXPECT_FALSE(warm_.cover(0, 1, WarmBlocks::Clock::time_point{}));
}

TEST_F(WarmBlocksTest, WhatWasAddedIsWarmAndWhatLiesBesideIsNot) {
  warm_.add(2, 5, now_);
  EXPECT_TRUE(warm_.cover(2, 5, now_));
  EXPECT_TRUE(warm_.cover(3, 4, now_));
  EXPECT_FALSE(warm_.cover(1, 3, now_));
  EXPECT_FALSE(warm_.cover(4, 6, now_));
}

TEST_F(WarmBlocksTest, WhatWasAddedPieceByPieceIsWarmAsOne) {
  warm_.add(4, 6, now_);
  warm_.add(0, 2, now_ + 10ms);
  EXPECT_FALSE(warm_.cover(0, 6, now_ + 20ms));
  warm_.add(2, 4, now_ + 20ms);
  EXPECT_TRUE(warm_.cover(0, 6, now_ + 20ms));
}

TEST_F(WarmBlocksTest, ItIsTrustedForItsLifetimeOnly) {
  warm_.add(0, 4, now_);
  EXPECT_TRUE(warm_.cover(0, 4, now_ + WarmBlocks::lifetime - 1ns));
  EXPECT_FALSE(warm_.cover(0, 4, now_ + WarmBlocks::lifetime));
}

TEST_F(WarmBlocksTest, WhatComesAfterTheLifetimeDoesNotRenewWhatWasThereBefore) {
  warm_.add(0, 4, now_);
  warm_.add(3, 4, now_ + WarmBlocks::lifetime);
  EXPECT_TRUE(warm_.cover(3, 4, now_ + WarmBlocks::lifetime));
  EXPECT_FALSE(warm_.cover(0, 4, now_ + WarmBlocks::lifetime));
}

TEST_F(WarmBlocksTest, WhatComesLateIsTrustedNoLongerThanTheOldest) {
  warm_.add(0, 1, now_);
  warm_.add(1, 2, now_ + WarmBlocks::lifetime - 1ms);
  EXPECT_FALSE(warm_.cover(1, 2, now_ + WarmBlocks::lifetime));
}

}  // namespace
}  // namespace tonearm::cache
