#include "tonearm/io/deadline.h"

#include "http_fixture.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>

namespace tonearm::source {
namespace {

using namespace std::chrono_literals;
using Then = OriginAnswer::Then;

OriginAnswer refuse(const std::string& status, const std::string& fields = "") {
  return {"HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n" + fields + "\r\n"};
}

class HttpResumeTest : public HttpFixture {
 protected:
  /// A listener that stops after the first chunk, until `over`.
  static Wish pause_until(std::function<io::Task<void>()> over) {
    Wish wish;
    wish.after_chunk = [paused = false, over](std::uint64_t) mutable -> io::Task<void> {
      if (std::exchange(paused, true)) return wait_until([] { return true; });
      return over();
    };
    return wish;
  }
};

TEST_F(HttpResumeTest, APauseNeverEndsABodyOfUnknownLength) {
  options_.window = 64 * KiB;
  options_.buffer = 64 * KiB;
  options_.release_after = 20ms;
  const std::string content = make_content(12'000 * KiB);
  ScriptedOrigin origin([&](const OriginAsked&) { return chunked(content, ""); });
  const auto past_release = [] {
    // What is looked for does not happen, so there is nothing to wait for but time.
    const auto end = io::Clock::now() + 200ms;
    return wait_until([end] { return io::Clock::now() >= end; });
  };
  const Heard heard = hear(origin, pause_until(past_release));
  EXPECT_FALSE(heard.error);
  EXPECT_EQ(heard.body.size(), content.size());
  EXPECT_TRUE(heard.body == content);
}

TEST_F(HttpResumeTest, AStrongEtagResumesABodyOfUnknownLengthAfterAPause) {
  options_.buffer = 64 * KiB;
  options_.release_after = 20ms;
  const std::string content = make_content(12'000 * KiB);
  ScriptedOrigin origin([&](const OriginAsked&) { return chunked(content, strong); });
  const auto released = [&] { return wait_until([&] { return origin.open() == 0; }); };
  const Heard heard = hear(origin, pause_until(released));
  EXPECT_FALSE(heard.error);
  EXPECT_TRUE(heard.body == content);
  EXPECT_EQ(origin.asked().size(), 2U);
}

/// A client that takes a byte before each look, and stops after so many.
struct SlowTaker final : io::Taker {
  std::uint64_t taken() override { return std::min(++looks, stops_after); }

  std::uint64_t looks = 0;
  std::uint64_t stops_after = ~0ULL;
};

TEST_F(HttpResumeTest, WhoTakesAChunkSlowlyKeepsTheConnection) {
  options_.buffer = 64 * KiB;
  options_.release_after = 20ms;
  const std::string content = make_content(12'000 * KiB);
  ScriptedOrigin origin([&](const OriginAsked&) { return chunked(content, strong); });
  SlowTaker taker;
  const auto long_past_release = [&] {
    return wait_until([&] { return taker.looks == 50 || origin.open() == 0; });
  };
  Wish wish = pause_until(long_past_release);
  wish.taker = &taker;
  const Heard heard = hear(origin, wish);
  EXPECT_EQ(taker.looks, 50U);
  EXPECT_FALSE(heard.error);
  EXPECT_TRUE(heard.body == content);
  EXPECT_EQ(origin.asked().size(), 1U);
}

TEST_F(HttpResumeTest, WhoStopsInAChunkLosesTheConnection) {
  options_.buffer = 64 * KiB;
  options_.release_after = 20ms;
  const std::string content = make_content(12'000 * KiB);
  ScriptedOrigin origin([&](const OriginAsked&) { return chunked(content, strong); });
  SlowTaker taker;
  taker.stops_after = 20;
  const auto released = [&] { return wait_until([&] { return origin.open() == 0; }); };
  Wish wish = pause_until(released);
  wish.taker = &taker;
  const Heard heard = hear(origin, wish);
  EXPECT_GT(taker.looks, 20U);
  EXPECT_FALSE(heard.error);
  EXPECT_TRUE(heard.body == content);
  EXPECT_EQ(origin.asked().size(), 2U);
}

TEST_F(HttpResumeTest, AStrongEtagResumesABodyOfUnknownLengthThatBreaks) {
  const std::string content = make_content(300 * KiB);
  ScriptedOrigin origin([&, count = 0](const OriginAsked&) mutable {
    return ++count == 1 ? chunked(content.substr(0, 90'000), strong, false)
                        : chunked(content, strong);
  });
  const Heard heard = hear(origin);
  EXPECT_FALSE(heard.error);
  EXPECT_TRUE(heard.body == content);
  EXPECT_EQ(heard.use.resumes, 1U);
}

TEST_F(HttpResumeTest, ABodyOfUnknownLengthGoesOnUnderTheSameStrongEtagOnly) {
  const std::string content = make_content(300 * KiB);
  for (const std::string fields : {"ETag: \"v2\"\r\n", "ETag: W/\"v1\"\r\n", ""}) {
    ScriptedOrigin origin([&, count = 0](const OriginAsked&) mutable {
      return ++count == 1 ? chunked(content.substr(0, 90'000), strong, false)
                          : chunked(content, fields);
    });
    const Heard heard = hear(origin);
    ASSERT_TRUE(heard.error) << fields;
    EXPECT_EQ(heard.error->kind, ErrorKind::representation_changed) << fields;
    EXPECT_TRUE(heard.body == content.substr(0, heard.body.size())) << fields;
  }
}

TEST_F(HttpResumeTest, AnEndBeforeWhatHasBeenReadIsNone) {
  options_.retries = 1;
  const std::string content = make_content(300 * KiB);
  ScriptedOrigin origin([&, count = 0](const OriginAsked&) mutable {
    return ++count == 1 ? chunked(content.substr(0, 90'000), strong, false)
                        : chunked(content.substr(0, 100), strong);
  });
  EXPECT_TRUE(hear(origin).error);
}

TEST_F(HttpResumeTest, WhatIsSentAgainIsNoProgress) {
  options_.retries = 2;
  const std::string content = make_content(300 * KiB);
  ScriptedOrigin origin([&, count = 0](const OriginAsked&) mutable {
    OriginAnswer answer = honest_answer({}, content, strong);
    return ++count > 10 ? answer : cut_short(std::move(answer), 100'000);
  });
  const Heard heard = hear(origin);
  EXPECT_TRUE(heard.error);
  EXPECT_EQ(heard.body.size(), 100'000U);
  EXPECT_EQ(origin.asked().size(), 1U + 2U);
}

TEST_F(HttpResumeTest, AWindowWhoseHeadDoesNotComeIsAskedForAgain) {
  options_.first_byte_timeout = 100ms;
  const std::string content = make_content(300 * KiB);
  ScriptedOrigin origin([&, count = 0](const OriginAsked& asked) mutable {
    return ++count == 2 ? OriginAnswer{"", Then::hang} : honest_answer(asked, content, strong);
  });
  const Heard heard = hear(origin);
  EXPECT_FALSE(heard.error);
  EXPECT_TRUE(heard.body == content);
}

// The client's head waits for the first bytes.
TEST_F(HttpResumeTest, AHeadWithoutABodyIsWaitedForNoLongerThanAHead) {
  options_.first_byte_timeout = 300ms;
  options_.stall_timeout = 60s;
  const std::string content = make_content(200 * KiB);
  ScriptedOrigin origin([&](const OriginAsked& asked) {
    OriginAnswer answer = honest_answer(asked, content, strong);
    answer.bytes.resize(answer.bytes.find("\r\n\r\n") + 4);
    answer.then = Then::hang;
    return answer;
  });
  const Heard heard = hear(origin);
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->kind, ErrorKind::connection_read_timeout);
  EXPECT_EQ(heard.body, "");
}

TEST_F(HttpResumeTest, WhatIsRefusedOnceInMidBodyIsAskedForAgain) {
  const std::string content = make_content(300 * KiB);
  for (const std::string status : {"403 Forbidden", "410 Gone", "401 Unauthorized"}) {
    ScriptedOrigin origin([&, count = 0](const OriginAsked& asked) mutable {
      return ++count == 2 ? refuse(status) : honest_answer(asked, content, strong);
    });
    const Heard heard = hear(origin);
    EXPECT_FALSE(heard.error) << status;
    EXPECT_TRUE(heard.body == content) << status;
  }
}

TEST_F(HttpResumeTest, APartUnderTheWrongStatusIsNotTakenForTheWhole) {
  const std::string content = make_content(300 * KiB);
  ScriptedOrigin origin([&](const OriginAsked& asked) {
    OriginAnswer answer = honest_answer(asked, content, strong);
    if (!asked.range().empty()) answer.bytes.replace(0, 12, "HTTP/1.1 200");
    return answer;
  });
  const Heard heard = hear(origin);
  EXPECT_FALSE(heard.error);
  EXPECT_EQ(heard.described->length, content.size());
  EXPECT_TRUE(heard.body == content);
}

TEST_F(HttpResumeTest, InMidBodyOnlyRetriesCount) {
  options_.first_byte_timeout = 250ms;
  options_.retries = 3;
  const std::string content = make_content(200 * KiB);
  std::atomic<int> refused = 0;
  ScriptedOrigin origin([&, count = 0](const OriginAsked& asked) mutable {
    if (++count == 1 || refused == 3) return honest_answer(asked, content, strong);
    ++refused;
    return refuse("503 Busy");
  });
  const Heard heard = hear(origin);  // 100 + 200 + 400 ms of waiting
  EXPECT_FALSE(heard.error);
  EXPECT_TRUE(heard.body == content);
  EXPECT_EQ(refused, 3);
}

TEST_F(HttpResumeTest, ARetryAfterThatDoesNotFitDoesNotCount) {
  options_.retries = 1;
  const std::string content = make_content(200 * KiB);
  for (const int last_good : {0, 1}) {
    for (const std::string when :
         {"6", "99999999999", "99999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
      std::atomic<int> count = 0;
      ScriptedOrigin origin([&](const OriginAsked& asked) {
        if (++count <= last_good) return honest_answer(asked, content, strong);
        return refuse("503 Busy", "Retry-After: " + when + "\r\n");
      });
      const Heard heard = hear(origin);
      ASSERT_TRUE(heard.error) << when;
      EXPECT_EQ(heard.error->kind, ErrorKind::destination_unavailable) << when;
      EXPECT_EQ(count, last_good + 2) << when;
    }
  }
}

TEST_F(HttpResumeTest, AfterAFailureTheRedirectorIsAskedAgain) {
  const std::string content = make_content(300 * KiB);
  const std::vector<ScriptedOrigin::Script> failures{
      [&](const OriginAsked& asked) {
        return cut_short(honest_answer(asked, content, strong), 1000);
      },
      [&](const OriginAsked&) { return refuse("500 Broken"); },
      [&](const OriginAsked&) {
        return OriginAnswer{"", Then::reset};
      }};
  for (const auto& failure : failures) {
    ScriptedOrigin origin([&, directed = 0, first = 0](const OriginAsked& asked) mutable {
      if (asked.target == "/song") {
        return refuse("302 Found", ++directed == 1 ? "Location: /one\r\n" : "Location: /two\r\n");
      }
      if (asked.target == "/two") return honest_answer(asked, content, strong);
      return ++first == 1 ? honest_answer(asked, content, strong) : failure(asked);
    });
    const Heard heard = hear(origin);
    EXPECT_FALSE(heard.error);
    EXPECT_TRUE(heard.body == content);
  }
}

TEST_F(HttpResumeTest, AKeptConnectionThatTheOriginEndsMeanwhileIsNoAttempt) {  // RFC 9112 §9.3.1
  options_.window = 64 * KiB;
  options_.retries = 0;
  const std::string content = make_content(20 * 64 * KiB);
  const OriginAnswer ends[]{{"", Then::reset}, {"", Then::close}, {"HTTP/1.1 2", Then::close}};
  for (const OriginAnswer& end : ends) {
    std::atomic<int> requests = 0;
    ScriptedOrigin origin([&](const OriginAsked& asked) {
      return ++requests % 2 == 0 ? end : honest_answer(asked, content, strong);
    });
    const Heard heard = hear(origin);
    EXPECT_FALSE(heard.error) << heard.error->detail;
    EXPECT_TRUE(heard.body == content);
    EXPECT_EQ(origin.accepted(), 20);
  }
}

TEST_F(HttpResumeTest, AConnectionOfItsOwnThatEndsWithoutAnAnswerIsAnAttempt) {
  options_.window = 64 * KiB;
  options_.retries = 0;
  const std::string content = make_content(200 * KiB);
  for (const Then end : {Then::reset, Then::close}) {
    for (const int good : {0, 1}) {
      std::atomic<int> requests = 0;
      ScriptedOrigin origin([&](const OriginAsked& asked) {
        return ++requests > good ? OriginAnswer{"", end} : honest_answer(asked, content, strong);
      });
      const Heard heard = hear(origin);
      ASSERT_TRUE(heard.error);
      EXPECT_EQ(heard.error->kind, ErrorKind::connection_terminated);
      EXPECT_EQ(origin.accepted(), 1 + good);
    }
  }
}

/// Nothing but ThreadSanitizer sees what loops would share there.
TEST_F(HttpResumeTest, WhatNobodyAskedForEndsTheKeptConnectionsOfSeveralLoops) {
  const std::string content = make_content(KiB);
  const auto hear_strays = [&] {
    for (int i = 0; i < 20; ++i) {
      std::atomic<bool> heard = false;
      ScriptedOrigin origin([&](const OriginAsked& asked) {
        OriginAnswer answer = honest_answer(asked, content, strong);
        answer.strays = [&] {
          heard.wait(false);
          return std::string(100 * KiB, 'x');
        };
        return answer;
      });
      io::asio::io_context loop(1);
      HttpSource source(make_http_client(loop.get_executor(), options_));
      EXPECT_TRUE(test::run(loop, listen(source, origin.url() + "/song", {})).body == content);
      heard = true;
      heard.notify_all();
      test::run(loop, wait_until([&] { return origin.open() == 0; }));
    }
  };
  std::thread other(hear_strays);
  hear_strays();
  other.join();
}

}  // namespace
}  // namespace tonearm::source
