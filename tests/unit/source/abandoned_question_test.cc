#include "http_fixture.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <atomic>
#include <memory>
#include <thread>

namespace tonearm::source {
namespace {

/// A client that goes while the origin has not answered yet, and one that comes behind it.
class AbandonedQuestionTest : public HttpFixture {
 protected:
  AbandonedQuestionTest() { options_.max_connections_per_host = 1; }

  /// The first question is answered by `first` once its client has gone.
  ScriptedOrigin::Script answer_late(ScriptedOrigin::Script first) {
    return [this, first = std::move(first)](const OriginAsked& asked) {
      if (asked.first != 0U) return honest_answer(asked, content_, strong);
      while (!gone_) std::this_thread::yield();
      return first(asked);
    };
  }

  /// What the second one hears.
  Heard leave_and_come(ScriptedOrigin& origin) {
    io::asio::io_context loop(1);
    HttpSource source(make_http_client(loop.get_executor(), options_));
    io::asio::cancellation_signal leave;
    bool left = false;
    io::asio::co_spawn(loop, listen(source, origin.url() + "/song", {}),
                       io::asio::bind_cancellation_slot(
                           leave.slot(), [&](const std::exception_ptr& error, const Heard&) {
                             left = error != nullptr;
                           }));
    test::run(loop, wait_until([&] { return !origin.asked().empty(); }));
    leave.emit(io::asio::cancellation_type::terminal);
    test::run(loop, wait_until([&] { return left; }));
    gone_ = true;
    return test::run(loop, listen(source, origin.url() + "/song", {1000, 2000, true, {}}));
  }

  const std::string content_ = make_content(900 * KiB);
  std::atomic<bool> gone_ = false;
};

TEST_F(AbandonedQuestionTest, LeavesItsConnectionToTheNextOne) {
  ScriptedOrigin origin(answer_late(honest(content_)));
  const Heard heard = leave_and_come(origin);
  EXPECT_EQ(heard.body, content_.substr(1000, 1000));
  EXPECT_EQ(origin.accepted(), 1);
}

TEST_F(AbandonedQuestionTest, IsCutOffWhereTheOriginSendsMoreThanWasAsked) {
  ScriptedOrigin origin(
      answer_late([&](const OriginAsked&) { return honest_answer({}, content_, strong); }));
  const Heard heard = leave_and_come(origin);
  EXPECT_EQ(heard.body, content_.substr(1000, 1000));
  EXPECT_EQ(origin.accepted(), 2);
}

}  // namespace
}  // namespace tonearm::source
