#include "tonearm/server/throttle.h"

#include <gtest/gtest.h>

namespace tonearm::server {
namespace {

using namespace std::chrono_literals;

const Throttle::Clock::time_point start{};

TEST(Throttle, LetsOneThroughInEachInterval) {
  Throttle warnings(10s);
  EXPECT_TRUE(warnings.pass(start));
  EXPECT_FALSE(warnings.pass(start + 9s));
  EXPECT_TRUE(warnings.pass(start + 10s));
  EXPECT_FALSE(warnings.pass(start + 19s));
}

TEST(SongThrottle, LetsOneThroughForEachSong) {
  SongThrottle warnings(10s);
  EXPECT_TRUE(warnings.pass("1", start));
  EXPECT_TRUE(warnings.pass("2", start + 5s));
  EXPECT_FALSE(warnings.pass("1", start + 9s));
  EXPECT_TRUE(warnings.pass("1", start + 10s));
  EXPECT_FALSE(warnings.pass("2", start + 14s));
}

TEST(SongThrottle, ForgetsWhatIsOver) {
  SongThrottle warnings(10s);
  int passed = 0;
  for (int i = 0; i < 2000; ++i) passed += warnings.pass(std::to_string(i), start) ? 1 : 0;
  EXPECT_EQ(passed, 1000);
  EXPECT_FALSE(warnings.pass("one more", start + 9s));
  EXPECT_TRUE(warnings.pass("one more", start + 10s));
}

}  // namespace
}  // namespace tonearm::server
