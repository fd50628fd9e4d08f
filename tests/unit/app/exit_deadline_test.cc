#include "app/exit_deadline.h"

#include <gtest/gtest.h>

#include <unistd.h>

namespace tonearm::app {
namespace {

using namespace std::chrono_literals;

void wait_for_ever() {
  const ExitDeadline deadline(1ms);
  for (;;) ::pause();
}

TEST(ExitDeadline, EndsWhatDoesNotEndByItself) {
  EXPECT_EXIT(wait_for_ever(), testing::ExitedWithCode(1), "");
}

TEST(ExitDeadline, IsOverAtOnceWhereThatEnds) {
  const auto start = std::chrono::steady_clock::now();
  { const ExitDeadline deadline(60s); }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 30s);
}

}  // namespace
}  // namespace tonearm::app
