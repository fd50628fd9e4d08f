#include "tonearm/io/event.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

namespace tonearm::io {
namespace {

Task<void> wait_twice(Event& event, int& woken) {
  co_await event.wait();
  ++woken;
  co_await event.wait();
  ++woken;
}

class EventTest : public testing::Test {
 protected:
  void start() {
    asio::co_spawn(loop_, wait_twice(event_, woken_),
                   asio::bind_cancellation_slot(cancel_.slot(), [this](std::exception_ptr error) {
                     failed_ = error != nullptr;
                     ended_ = true;
                   }));
  }

  void run() {
    loop_.poll();
    loop_.restart();
  }

  asio::io_context loop_;
  Event event_{loop_.get_executor()};
  asio::cancellation_signal cancel_;
  int woken_ = 0;
  bool failed_ = false;
  bool ended_ = false;
};

TEST_F(EventTest, WakesTheWaiterPostedNotInline) {
  start();
  run();
  event_.notify();
  EXPECT_EQ(woken_, 0);
  run();
  EXPECT_EQ(woken_, 1);
}

TEST_F(EventTest, ANotificationBeforeTheWaitIsNotLost) {
  event_.notify();
  start();
  run();
  EXPECT_EQ(woken_, 1);
}

TEST_F(EventTest, NotificationsDoNotAddUp) {
  event_.notify();
  event_.notify();
  start();
  run();
  EXPECT_EQ(woken_, 1);
  event_.notify();
  run();
  EXPECT_EQ(woken_, 2);
}

TEST_F(EventTest, CancellingUnwindsTheWaiter) {
  start();
  run();
  cancel_.emit(asio::cancellation_type::terminal);
  run();
  EXPECT_TRUE(ended_);
  EXPECT_TRUE(failed_);
  EXPECT_EQ(woken_, 0);
}

}  // namespace
}  // namespace tonearm::io
