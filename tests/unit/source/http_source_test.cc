#include "http_fixture.h"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <vector>

namespace tonearm::source {
namespace {

using namespace std::chrono_literals;

class HttpSourceTest : public HttpFixture {};

TEST_F(HttpSourceTest, ReadsInWindowsThatTheClientDrains) {
  const std::string content = make_content(600 * KiB);
  ScriptedOrigin origin(honest(content));
  const Heard heard = hear(origin);
  EXPECT_FALSE(heard.error);
  EXPECT_EQ(heard.body, content);
  EXPECT_EQ(ranges(origin), (std::vector<std::string>{"0-131071", "131072-262143", "262144-327679",
                                                      "327680-393215", "393216-614399"}));
  EXPECT_EQ(origin.accepted(), 1) << "one connection is enough";
}

TEST_F(HttpSourceTest, ReadsInLargeWindowsAtOnceWhatManyWaitFor) {
  const std::string content = make_content(5000 * KiB);
  ScriptedOrigin origin(honest(content));
  Wish wish;
  wish.expect_many_readers = true;
  const Heard heard = hear(origin, wish);
  EXPECT_EQ(heard.body, content);
  EXPECT_EQ(ranges(origin),
            (std::vector<std::string>{"0-131071", "131072-4325375", "4325376-5119999"}));
}

TEST_F(HttpSourceTest, LaterWindowsCarryTheProofAsIfRange) {  // RFC 9110 §13.1.5
  const std::string content = make_content(200 * KiB);
  ScriptedOrigin origin(honest(content));
  hear(origin);
  ASSERT_EQ(origin.asked().size(), 2U);
  EXPECT_EQ(origin.asked()[0].field("If-Range"), "");
  EXPECT_EQ(origin.asked()[1].field("If-Range"), "\"v1\"");
  EXPECT_EQ(origin.asked()[0].field("Accept-Encoding"), "identity");
}

TEST_F(HttpSourceTest, AShortClosedRangeIsOneRequest) {
  const std::string content = make_content(900 * KiB);
  ScriptedOrigin origin(honest(content));
  const Heard heard = hear(origin, {10, 500 * KiB, true, {}});
  EXPECT_EQ(heard.body, content.substr(10, 500 * KiB - 10));
  EXPECT_EQ(ranges(origin), std::vector<std::string>{"10-511999"});
}

TEST_F(HttpSourceTest, AnOriginWithoutProofIsReadInOneRequest) {
  const std::string content = make_content(600 * KiB);
  ScriptedOrigin origin(honest(content, ""));
  const Heard heard = hear(origin);
  EXPECT_FALSE(heard.error);
  EXPECT_EQ(heard.body, content);
  EXPECT_EQ(ranges(origin), (std::vector<std::string>{"0-131071", "0-614399"}));
}

TEST_F(HttpSourceTest, TheOperatorsWindowForcesWindowsWithoutProof) {
  options_.window = 256 * KiB;
  const std::string content = make_content(600 * KiB);
  ScriptedOrigin origin(honest(content, "Content-Type: audio/ogg\r\n"));
  const Heard heard = hear(origin);
  EXPECT_EQ(heard.body, content);
  for (const auto& asked : origin.asked()) EXPECT_LE(*asked.last - *asked.first + 1, 256 * KiB);
}

TEST_F(HttpSourceTest, AnOriginThatIgnoresRangeIsSkippedThrough) {
  const std::string content = make_content(700 * KiB);
  ScriptedOrigin origin([&](const OriginAsked&) { return honest_answer({}, content, strong); });
  const Heard heard = hear(origin, {400'000, 400'010, true, {}});
  EXPECT_FALSE(heard.error);
  EXPECT_EQ(heard.body, content.substr(400'000, 10));
  EXPECT_EQ(origin.asked().size(), 1U);
}

TEST_F(HttpSourceTest, AnOriginWithoutLengthIsReadToItsEnd) {
  ScriptedOrigin origin([&](const OriginAsked&) {
    return OriginAnswer{
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"};
  });
  const Heard heard = hear(origin);
  ASSERT_TRUE(heard.described);
  EXPECT_FALSE(heard.described->length);
  EXPECT_FALSE(heard.described->seekable);
  EXPECT_FALSE(heard.error);
  EXPECT_EQ(heard.body, "hello");
}

TEST_F(HttpSourceTest, AChunkedBodyThatBreaksOffIsAnError) {
  ScriptedOrigin origin([&](const OriginAsked&) {
    return OriginAnswer{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                        OriginAnswer::Then::close};
  });
  EXPECT_TRUE(hear(origin).error);
}

TEST_F(HttpSourceTest, ABrokenTransferGoesOnAtTheByteWhereItBroke) {
  const std::string content = make_content(600 * KiB);
  ScriptedOrigin origin([&](const OriginAsked& asked) {
    return cut_short(honest_answer(asked, content, strong), 90'000);
  });
  const Heard heard = hear(origin);
  EXPECT_FALSE(heard.error);
  EXPECT_EQ(heard.body, content);
  EXPECT_GT(heard.use.resumes, 4U);
}

TEST_F(HttpSourceTest, WithoutProofABreakIsTheEnd) {
  const std::string content = make_content(600 * KiB);
  ScriptedOrigin origin([&](const OriginAsked& asked) {
    return cut_short(honest_answer(asked, content, ""), 90'000);
  });
  const Heard heard = hear(origin);
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.body, content.substr(0, heard.body.size()));
  EXPECT_LE(heard.body.size(), 90'000U);
}

TEST_F(HttpSourceTest, AnotherVersionIsNeverSplicedIn) {
  const std::string one = make_content(600 * KiB, 1);
  const std::string two = make_content(600 * KiB, 2);
  std::atomic<int> count = 0;
  ScriptedOrigin origin([&](const OriginAsked& asked) {
    if (++count <= 2) return honest_answer(asked, one, strong);
    OriginAsked whole = asked;
    whole.first.reset();  // what If-Range asks for
    return honest_answer(whole, two, "ETag: \"v2\"\r\n");
  });
  const Heard heard = hear(origin);
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->kind, ErrorKind::representation_changed);
  EXPECT_EQ(heard.body, one.substr(0, 256 * KiB));
}

TEST_F(HttpSourceTest, AnotherRangeThanAskedIsNotBelieved) {
  const std::string content = make_content(300 * KiB);
  ScriptedOrigin origin([&](const OriginAsked& asked) {
    OriginAsked wrong = asked;
    if (asked.first) wrong.first = *asked.first + 1;
    return honest_answer(wrong, content, strong);
  });
  const Heard heard = hear(origin);
  EXPECT_FALSE(heard.error);
  EXPECT_EQ(heard.body, content) << "read whole, without Range";
}

TEST_F(HttpSourceTest, ABodyLongerThanItsRangeIsCutOff) {
  const std::string content = make_content(100 * KiB);
  ScriptedOrigin origin([&](const OriginAsked& asked) {
    OriginAnswer answer = honest_answer(asked, content, strong);
    answer.bytes += "garbage that follows the body";
    return answer;
  });
  const Heard heard = hear(origin);
  EXPECT_EQ(heard.body, content);
}

TEST_F(HttpSourceTest, A503BeforeTheHeadIsAskedAgain) {
  const std::string content = make_content(1000);
  std::atomic<int> count = 0;
  ScriptedOrigin origin([&](const OriginAsked& asked) {
    if (++count <= 2) {
      return OriginAnswer{"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"};
    }
    return honest_answer(asked, content, strong);
  });
  const Heard heard = hear(origin);
  EXPECT_EQ(heard.body, content);
  EXPECT_EQ(heard.use.requests, 3U);
}

TEST_F(HttpSourceTest, RetriesEnd) {
  options_.retries = 2;
  ScriptedOrigin origin([](const OriginAsked&) {
    return OriginAnswer{"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"};
  });
  const Heard heard = hear(origin);
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->kind, ErrorKind::destination_unavailable);
  EXPECT_EQ(origin.asked().size(), 3U);
}

TEST_F(HttpSourceTest, A404IsNotAskedAgain) {
  ScriptedOrigin origin([](const OriginAsked&) {
    return OriginAnswer{"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"};
  });
  const Heard heard = hear(origin);
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->kind, ErrorKind::destination_not_found);
  EXPECT_EQ(origin.asked().size(), 1U);
}

/// libcurl closes a socket that did not connect without telling.
TEST_F(HttpSourceTest, ASocketThatDidNotConnectIsLeftToWhoGetsItsNumber) {
  options_.retries = 0;
  std::string nobody;
  {
    ScriptedOrigin gone([](const OriginAsked&) { return OriginAnswer{}; });
    nobody = gone.url();
  }
  io::asio::io_context loop(1);
  std::vector<int> others(64);
  {
    HttpSource source(make_http_client(loop.get_executor(), options_));
    EXPECT_TRUE(test::run(loop, listen(source, nobody + "/song", {})).error);
    for (int& other : others) other = ::socket(AF_INET, SOCK_STREAM, 0);
  }
  for (const int other : others) EXPECT_EQ(::close(other), 0);
}

TEST_F(HttpSourceTest, ASilentOriginIsTooSlow) {
  options_.first_byte_timeout = 50ms;
  ScriptedOrigin origin([](const OriginAsked&) {
    return OriginAnswer{"", OriginAnswer::Then::hang};
  });
  const Heard heard = hear(origin);
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->kind, ErrorKind::http_response_timeout);
}

TEST_F(HttpSourceTest, AStallInMidBodyIsResumed) {
  options_.stall_timeout = 50ms;
  const std::string content = make_content(200 * KiB);
  std::atomic<int> count = 0;
  ScriptedOrigin origin([&](const OriginAsked& asked) {
    OriginAnswer answer = honest_answer(asked, content, strong);
    if (++count == 1) {
      answer = cut_short(std::move(answer), 1000);
      answer.then = OriginAnswer::Then::hang;
    }
    return answer;
  });
  const Heard heard = hear(origin);
  EXPECT_FALSE(heard.error);
  EXPECT_EQ(heard.body, content);
}

TEST_F(HttpSourceTest, RedirectsAreFollowedWithoutCredentialsToOthers) {
  const std::string content = make_content(1000);
  ScriptedOrigin other(honest(content));
  ScriptedOrigin origin([&](const OriginAsked&) {
    return OriginAnswer{"HTTP/1.1 302 Found\r\nLocation: " + other.url() +
                        "/there\r\nContent-Length: 0\r\n\r\n"};
  });
  options_.headers = {{"Authorization", "Bearer secret"}};
  const Heard heard = hear(origin);
  EXPECT_EQ(heard.body, content);
  EXPECT_EQ(origin.asked().at(0).field("Authorization"), "Bearer secret");
  EXPECT_EQ(other.asked().at(0).field("Authorization"), "");
  EXPECT_EQ(other.asked().at(0).target, "/there");
}

TEST_F(HttpSourceTest, ARedirectLoopEnds) {
  ScriptedOrigin origin([](const OriginAsked&) {
    return OriginAnswer{"HTTP/1.1 301 X\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"};
  });
  const Heard heard = hear(origin);
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(origin.asked().size(), 6U);
}

TEST_F(HttpSourceTest, ARedirectMayNotLeadInside) {
  options_.allow_private = AllowPrivate::configured;
  ScriptedOrigin other([](const OriginAsked&) { return OriginAnswer{}; });
  ScriptedOrigin origin([&](const OriginAsked&) {
    return OriginAnswer{"HTTP/1.1 302 X\r\nLocation: http://localhost:" +
                        std::to_string(other.port()) + "/\r\nContent-Length: 0\r\n\r\n"};
  });
  const Heard heard = hear(origin);
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->kind, ErrorKind::destination_ip_prohibited);
  EXPECT_TRUE(other.asked().empty());
}

TEST_F(HttpSourceTest, NoPrivateAddressAtAllWhenForbidden) {
  options_.allow_private = AllowPrivate::no;
  ScriptedOrigin origin([](const OriginAsked&) { return OriginAnswer{}; });
  const Heard heard = hear(origin);
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->kind, ErrorKind::destination_ip_prohibited);
  EXPECT_EQ(origin.accepted(), 0);
}

TEST_F(HttpSourceTest, AnEncodedBodyIsNonsense) {
  const std::string content = make_content(1000);
  ScriptedOrigin origin(honest(content, strong + "Content-Encoding: gzip\r\n"));
  const Heard heard = hear(origin);
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->kind, ErrorKind::http_protocol_error);
}

TEST_F(HttpSourceTest, PastTheEndTheSizeIsLearntAllTheSame) {
  const std::string content = make_content(1000);
  ScriptedOrigin origin(honest(content));
  const Heard heard = hear(origin, {5000, 5000, false, {}});
  ASSERT_TRUE(heard.described);
  EXPECT_EQ(heard.described->length, 1000U);
}

TEST_F(HttpSourceTest, AnEmptyRepresentationIsDescribed) {
  const std::string content;
  ScriptedOrigin origin(honest(content));
  const Heard heard = hear(origin);
  ASSERT_TRUE(heard.described);
  EXPECT_EQ(heard.described->length, 0U);
  EXPECT_EQ(heard.body, "");
}

TEST_F(HttpSourceTest, NobodyThereIsConnectionRefused) {
  options_.retries = 1;
  std::string gone;
  {
    ScriptedOrigin origin([](const OriginAsked&) { return OriginAnswer{}; });
    gone = origin.url();
  }
  io::asio::io_context loop(1);
  HttpSource source(make_http_client(loop.get_executor(), options_));
  const Heard heard = test::run(loop, listen(source, gone + "/x", {}));
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->kind, ErrorKind::connection_refused);
  const std::string authority = gone.substr(gone.rfind('/') + 1);
  EXPECT_TRUE(heard.error->detail.starts_with(authority + ": Failed to connect to 127.0.0.1"))
      << heard.error->detail;
}

TEST_F(HttpSourceTest, FailuresNameTheOriginAndNoUrl) {
  options_.retries = 0;
  ScriptedOrigin origin([](const OriginAsked& asked) {
    OriginAnswer answer;
    if (asked.target.starts_with("/other")) answer.bytes = "SSH-2.0-OpenSSH_9.2\r\n";
    if (asked.target.starts_with("/long")) {
      answer.bytes = "HTTP/1.1 200 OK\r\nX: " + std::string(200 * KiB, 'x') + "\r\n\r\n";
    }
    answer.then = OriginAnswer::Then::close;
    return answer;
  });
  const std::string authority = origin.url().substr(origin.url().rfind('/') + 1);
  const Heard silent = hear(origin, {}, "/song?key=secret");
  ASSERT_TRUE(silent.error);
  EXPECT_EQ(silent.error->detail,
            authority + ": the origin ended the connection without an answer");
  const Heard other = hear(origin, {}, "/other?key=secret");
  ASSERT_TRUE(other.error);
  EXPECT_EQ(other.error->detail, authority + ": the origin's answer is no HTTP");
  const Heard line = hear(origin, {}, "/long?key=secret");
  ASSERT_TRUE(line.error);
  EXPECT_EQ(line.error->kind, ErrorKind::http_protocol_error);
  EXPECT_EQ(line.error->detail, authority + ": a header line of the origin's is too long");
}

TEST_F(HttpSourceTest, APausedListenerGivesItsConnectionUpAndGoesOnLater) {
  options_.release_after = 20ms;
  options_.buffer = 64 * KiB;
  const std::string content = make_content(12'000 * KiB);
  ScriptedOrigin origin([&](const OriginAsked& asked) {
    OriginAsked large =
        asked;  // an origin that rounds ranges up: the window does not fit the buffer
    large.last.reset();
    return honest_answer(large, content, strong);
  });
  Wish wish;
  bool paused = false;
  wish.after_chunk = [&](std::uint64_t) -> io::Task<void> {
    if (paused) return wait_until([] { return true; });
    paused = true;
    return wait_until([&] { return origin.open() == 0; });
  };
  const Heard heard = hear(origin, wish);
  EXPECT_TRUE(paused);
  EXPECT_FALSE(heard.error);
  EXPECT_EQ(heard.body, content);
}

/// Describes what the last 100 bytes are wanted of, and reads them.
io::Task<Heard> hear_end(Source& source, std::string url) {
  Heard heard;
  Locator locator;
  locator.kind = Locator::Kind::url;
  locator.value = std::move(url);
  auto resource = source.open({locator}).value();
  ReadIntent intent;
  intent.range.emplace();
  intent.range->last = 100;
  intent.parts = [](const http::Representation& what) {
    return http::ByteRanges{http::ByteRange{*what.length - 100, *what.length}};
  };
  Result<http::Representation> described = co_await resource->describe(intent);
  if (!described) {
    heard.error = described.error();
    co_return heard;
  }
  heard.described = *described;
  auto reader = resource->read(*described->length - 100, described->length);
  const Result<io::Chunk> chunk = co_await reader->read();
  if (!chunk) co_return heard;
  const auto bytes = chunk->memory();
  heard.body.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  co_return heard;
}

TEST_F(HttpSourceTest, WhatIsReplacedBeforeItsFirstByteIsDescribedAnew) {
  for (const int change_before : {2, 100}) {
    const std::string old = make_content(300 * KiB);
    const std::string replaced = make_content(200 * KiB, 2);
    std::atomic<int> questions = 0;
    ScriptedOrigin origin([&](const OriginAsked& asked) {
      return ++questions < change_before ? honest_answer(asked, old, strong)
                                         : honest_answer(asked, replaced, "ETag: \"v2\"\r\n");
    });
    io::asio::io_context loop(1);
    HttpSource source(make_http_client(loop.get_executor(), options_));
    const Heard heard = test::run(loop, hear_end(source, origin.url() + "/song"));
    ASSERT_TRUE(heard.described);
    const std::string& content = change_before == 2 ? replaced : old;
    EXPECT_EQ(heard.described->length, content.size());
    EXPECT_EQ(heard.body, content.substr(content.size() - 100));
    EXPECT_EQ(origin.asked().size(), change_before == 2 ? 4U : 2U);
    const std::string condition = change_before == 2 ? "\"v2\"" : "\"v1\"";
    EXPECT_EQ(origin.asked().back().field("If-Range"), condition);
  }
}

TEST_F(HttpSourceTest, WhatIsReplacedEachTimeIsDescribedAnewThreeTimesAtMost) {
  const std::string content = make_content(300 * KiB);
  std::atomic<int> questions = 0;
  ScriptedOrigin origin([&](const OriginAsked& asked) {
    return honest_answer(asked, content, "ETag: \"" + std::to_string(++questions) + "\"\r\n");
  });
  io::asio::io_context loop(1);
  HttpSource source(make_http_client(loop.get_executor(), options_));
  const Heard heard = test::run(loop, hear_end(source, origin.url() + "/song"));
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->kind, ErrorKind::representation_changed);
  EXPECT_EQ(origin.asked().size(), 8U);
}

}  // namespace
}  // namespace tonearm::source
