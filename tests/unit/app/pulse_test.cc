#include "app/pulse.h"

#include <gtest/gtest.h>

#include <thread>

namespace tonearm::app {
namespace {

using namespace std::chrono_literals;

TEST(Pulse, BeatsWhileTheLoopRunsAndIsSilentWhileItDoesNot) {
  io::asio::io_context loop;
  int beats = 0;
  Pulse pulse(loop.get_executor(), [&](std::chrono::nanoseconds) {
    if (++beats == 2) loop.stop();
  });
  pulse.start();
  loop.run();
  EXPECT_EQ(beats, 2);
  const auto before = pulse.silence();
  std::this_thread::sleep_for(20ms);  // the loop is stuck
  EXPECT_GE(pulse.silence(), before + 20ms);
}

TEST(Pulse, TellsHowLongTheLoopWasKept) {
  io::asio::io_context loop;
  std::chrono::nanoseconds late{0};
  Pulse pulse(loop.get_executor(), [&](std::chrono::nanoseconds by) {
    late = by;
    loop.stop();
  });
  pulse.start();
  std::this_thread::sleep_for(Pulse::period + 50ms);
  loop.run();
  EXPECT_GE(late, 50ms);
}

}  // namespace
}  // namespace tonearm::app
