#include "tonearm/base/recent_values.h"

#include <gtest/gtest.h>

#include <memory>

namespace tonearm {
namespace {

TEST(RecentValues, FindsWhatItRemembers) {
  RecentValues<int> recent(2);
  EXPECT_EQ(recent.find("a"), nullptr);
  recent.remember("a", 1);
  recent.remember("b", 2);
  ASSERT_NE(recent.find("a"), nullptr);
  EXPECT_EQ(*recent.find("a"), 1);
  EXPECT_EQ(*recent.find("b"), 2);
  EXPECT_EQ(recent.find("c"), nullptr);
}

TEST(RecentValues, WhatWasAskedForLeastRecentlyMakesRoom) {
  RecentValues<int> recent(2);
  recent.remember("a", 1);
  recent.remember("b", 2);
  recent.find("a");
  recent.remember("c", 3);
  EXPECT_EQ(recent.find("b"), nullptr);
  EXPECT_EQ(*recent.find("a"), 1);
  EXPECT_EQ(*recent.find("c"), 3);
  EXPECT_EQ(recent.size(), 2);
}

TEST(RecentValues, LetsGoOfWhatMadeRoom) {
  RecentValues<std::shared_ptr<int>> recent(1);
  const auto first = std::make_shared<int>(1);
  recent.remember("a", first);
  EXPECT_EQ(first.use_count(), 2);
  recent.remember("b", std::make_shared<int>(2));
  EXPECT_EQ(first.use_count(), 1);
}

TEST(RecentValues, HoldsNoNameOfAnyLength) {
  RecentValues<int> recent(2);
  recent.remember(std::string(2048, 'a'), 1);
  recent.remember(std::string(2049, 'a'), 2);
  EXPECT_NE(recent.find(std::string(2048, 'a')), nullptr);
  EXPECT_EQ(recent.find(std::string(2049, 'a')), nullptr);
  EXPECT_EQ(recent.size(), 1);
}

// A name may be text of somebody else's that is gone the next moment.
TEST(RecentValues, KeepsTheNamesItself) {
  RecentValues<int> recent(8);
  for (int i = 0; i < 100; ++i) {
    std::string name = "a name too long to stand in the string itself " + std::to_string(i);
    recent.remember(name, i);
    name.assign(name.size(), '?');
  }
  for (int i = 92; i < 100; ++i) {
    const int* found =
        recent.find("a name too long to stand in the string itself " + std::to_string(i));
    ASSERT_NE(found, nullptr) << i;
    EXPECT_EQ(*found, i);
  }
}

}  // namespace
}  // namespace tonearm
