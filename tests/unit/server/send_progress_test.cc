#include "server/send_progress.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace tonearm::server {
namespace {

using std::chrono::seconds;
using Time = SendProgress::Time;

constexpr seconds timeout{80};
constexpr seconds look{10};

/// After which time a client is given up of which `queued` bytes are left after each time; at most
/// an hour.
seconds given_up_after(const std::function<std::size_t(seconds)>& queued) {
  const Time start{std::chrono::hours(1)};
  SendProgress progress;
  Time next = progress.begin(start, timeout);
  while (next - start < std::chrono::hours(1)) {
    const auto passed = std::chrono::duration_cast<seconds>(next - start);
    const std::optional<Time> again = progress.look(next, queued(passed));
    if (!again) return passed;
    EXPECT_GT(*again, next);
    next = *again;
  }
  return std::chrono::hours(1);
}

TEST(SendProgress, WhoTakesNothingIsGivenUpAnEighthPastTheTimeoutAtMost) {
  EXPECT_EQ(given_up_after([](seconds) { return 100'000; }), timeout + look);
}

TEST(SendProgress, WhoTakesAByteOnceInATimeoutIsNot) {
  const auto slow = [](seconds passed) {
    return 100'000 - static_cast<std::size_t>(passed / timeout);
  };
  EXPECT_EQ(given_up_after(slow), std::chrono::hours(1));
}

TEST(SendProgress, WhoStopsIsGivenUpATimeoutLater) {
  const auto stops_after = [](seconds when) {
    return given_up_after([when](seconds passed) {
      return 100'000 - static_cast<std::size_t>(std::min(passed, when).count());
    });
  };
  EXPECT_EQ(stops_after(seconds(300)), seconds(300) + timeout);
  EXPECT_EQ(stops_after(seconds(301)), seconds(310) + timeout);
  EXPECT_EQ(stops_after(seconds(309)), seconds(310) + timeout);
}

TEST(SendProgress, AnotherAnswerBeginsAnew) {
  const Time start{std::chrono::hours(1)};
  SendProgress progress;
  progress.begin(start, timeout);
  EXPECT_TRUE(progress.look(start + look, 10));
  progress.begin(start + timeout, timeout);
  EXPECT_EQ(progress.look(start + timeout + look, 1000), start + timeout + 2 * look);
  EXPECT_FALSE(progress.look(start + 2 * timeout + look, 1000));
}

}  // namespace
}  // namespace tonearm::server
