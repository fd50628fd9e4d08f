#include "tonearm/io/progress_watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace tonearm::io {
namespace {

using std::chrono::seconds;
using Time = ProgressWatch::Time;

constexpr seconds timeout{80};
constexpr seconds look{10};

/// After which time is given up what stands at `place` after each time; at most an hour.
seconds given_up_after(const std::function<std::uint64_t(seconds)>& place) {
  const Time start{std::chrono::hours(1)};
  ProgressWatch watch;
  Time next = watch.begin(start, timeout);
  while (next - start < std::chrono::hours(1)) {
    const auto passed = std::chrono::duration_cast<seconds>(next - start);
    const std::optional<Time> again = watch.look(next, place(passed));
    if (!again) return passed;
    EXPECT_GT(*again, next);
    next = *again;
  }
  return std::chrono::hours(1);
}

TEST(ProgressWatch, WhatStandsStillIsGivenUpAnEighthPastTheTimeoutAtMost) {
  EXPECT_EQ(given_up_after([](seconds) { return 100'000; }), timeout + look);
}

TEST(ProgressWatch, WhatMovesOnceInATimeoutIsNot) {
  const auto slow = [](seconds passed) {
    return 100'000 - static_cast<std::uint64_t>(passed / timeout);
  };
  EXPECT_EQ(given_up_after(slow), std::chrono::hours(1));
}

TEST(ProgressWatch, WhatStopsIsGivenUpATimeoutLater) {
  const auto stops_after = [](seconds when) {
    return given_up_after([when](seconds passed) {
      return 100'000 - static_cast<std::uint64_t>(std::min(passed, when).count());
    });
  };
  EXPECT_EQ(stops_after(seconds(300)), seconds(300) + timeout);
  EXPECT_EQ(stops_after(seconds(301)), seconds(310) + timeout);
  EXPECT_EQ(stops_after(seconds(309)), seconds(310) + timeout);
}

TEST(ProgressWatch, BeginsAnew) {
  const Time start{std::chrono::hours(1)};
  ProgressWatch watch;
  watch.begin(start, timeout);
  EXPECT_TRUE(watch.look(start + look, 10));
  watch.begin(start + timeout, timeout);
  EXPECT_EQ(watch.look(start + timeout + look, 1000), start + timeout + 2 * look);
  EXPECT_FALSE(watch.look(start + 2 * timeout + look, 1000));
}

}  // namespace
}  // namespace tonearm::io
