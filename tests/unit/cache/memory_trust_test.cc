#include "cache/memory_trust.h"

#include <gtest/gtest.h>

namespace tonearm::cache {
namespace {

using namespace std::chrono_literals;

TEST(MemoryTrustTest, WhatIsDroppedShortensItUntilNothingWasForAWhile) {
  const MemoryTrust::Clock::time_point now{100h};
  MemoryTrust trust;
  EXPECT_EQ(trust.lifetime(now), MemoryTrust::calm);
  EXPECT_EQ(trust.lifetime(MemoryTrust::Clock::time_point{}), MemoryTrust::calm);
  trust.note_dropped(now);
  EXPECT_EQ(trust.lifetime(now), MemoryTrust::pressed);
  EXPECT_EQ(trust.lifetime(now + MemoryTrust::lately - 1ns), MemoryTrust::pressed);
  EXPECT_EQ(trust.lifetime(now + MemoryTrust::lately), MemoryTrust::calm);
  trust.note_dropped(now + 2 * MemoryTrust::lately);
  EXPECT_EQ(trust.lifetime(now + 2 * MemoryTrust::lately), MemoryTrust::pressed);
}

}  // namespace
}  // namespace tonearm::cache
