#include "cache/silence.h"

#include <gtest/gtest.h>

namespace tonearm::cache {
namespace {

using namespace std::chrono_literals;

class SilenceTest : public testing::Test {
 protected:
  static constexpr Silence::Clock::time_point moment{24h};

  Silence silence_{"/nowhere"};
  Silence::Question question_{silence_, moment};
  Silence::Question another_{silence_, moment + 1s};
};

TEST_F(SilenceTest, AnAnswerIsWaitedForAsLongAsADiskMayBeSilent) {
  EXPECT_EQ(question_.patience(moment), 5s);
  EXPECT_EQ(question_.patience(moment + 500ms), 4500ms);
  EXPECT_EQ(question_.patience(moment + 5s), 0s);
  EXPECT_EQ(question_.patience(moment + 6s), 0s);
}

// It has much to do, or one file of it is slow.
TEST_F(SilenceTest, WhatAnswersOthersIsWaitedForLongerButNotWithoutEnd) {
  another_.answer(moment + 4s);
  EXPECT_EQ(question_.patience(moment + 5s), 4s);
  another_.answer(moment + 14s);
  EXPECT_EQ(question_.patience(moment + 14500ms), 500ms);
  another_.answer(moment + 15s);
  EXPECT_EQ(question_.patience(moment + 15s), 0s);
}

TEST_F(SilenceTest, LastsUntilNothingIsOverdue) {
  EXPECT_FALSE(silence_.lasts());
  question_.give_up();
  EXPECT_TRUE(silence_.lasts());
  another_.give_up();
  question_.answer(moment + 5s);
  EXPECT_TRUE(silence_.lasts());
  another_.answer(moment + 5s);
  EXPECT_FALSE(silence_.lasts());
}

TEST_F(SilenceTest, WhatWasAnsweredBeforeItWasGivenUpIsNotOverdue) {
  question_.answer(moment + 2s);
  question_.give_up();
  EXPECT_FALSE(silence_.lasts());
}

}  // namespace
}  // namespace tonearm::cache
