#include "server/unsent_limit.h"
#include "server_fixture.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <gmock/gmock.h>

#include <array>
#include <vector>

namespace tonearm::server {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ConnectionTest : public ServerTest {
 protected:
  /// A song larger than what the kernel queues between us and a client that does not read.
  void set_large_content() {
    source.set_content(std::string(64 * 1024 * 1024, 'x'));
    source.script.chunk = 256 * 1024;
  }
  /// Past a deadline that was set for `timeout` from now at the latest. What `client` sends
  /// meanwhile has so much before it that the loop finds the deadline first.
  void stand_still(std::chrono::milliseconds timeout, Client& client, std::string_view sent) {
    constexpr int more_than_a_turn_takes = 200;
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    for (int i = 0; i < more_than_a_turn_takes; ++i) {
      crowd_.emplace_back(loop, ::dup(pipe[0]))
          .async_wait(io::asio::posix::descriptor_base::wait_read,
                      [](const boost::system::error_code&) {});
    }
    loop.poll();
    spin(timeout);
    ASSERT_EQ(::write(pipe[1], "x", 1), 1);
    client.send(sent);
    spin(60ms);
    for (const int end : pipe) ::close(end);
  }

 private:
  static void spin(std::chrono::milliseconds time) {
    const auto since = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() <= since + time) {
    }
  }

  std::vector<io::asio::posix::stream_descriptor> crowd_;
};

std::size_t count_of(const std::string& text, std::string_view what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TEST_F(ConnectionTest, IsKeptForTheNextRequest) {
  start();
  Client client = connect();
  client.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return client.got("0123456789"); }));
  EXPECT_EQ(field_of(client.received, "Connection"), "");
  client.received.clear();
  client.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return client.got("0123456789"); }));
  EXPECT_EQ(server->connections(), 1U);
}

TEST_F(ConnectionTest, PipelinedRequestsAreAnsweredInOrder) {
  store.add("2");
  start();
  const std::string answers =
      ask("HEAD /songs/listen/1 HTTP/1.1\r\nHost: h\r\n\r\n"
          "GET /songs/listen/2 HTTP/1.1\r\nHost: h\r\nRange: bytes=0-0\r\n\r\n"
          "GET /nothing HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const auto first = answers.find("HTTP/1.1 200");
  const auto second = answers.find("HTTP/1.1 206");
  const auto third = answers.find("HTTP/1.1 404");
  EXPECT_EQ(first, 0U);
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_NE(third, std::string::npos);
}

TEST_F(ConnectionTest, AHeadMayComeInPieces) {
  start();
  Client client = connect();
  std::size_t sent = 0;
  for (const char c : keep_alive_get) {
    client.send(std::string_view(&c, 1));
    ++sent;
    loop.restart();
    loop.poll();
    const bool answered = client.got("HTTP");
    EXPECT_FALSE(answered && sent < keep_alive_get.size());
  }
  EXPECT_TRUE(until([&] { return client.got("0123456789"); }));
}

// RFC 9112 §9.3.
TEST_F(ConnectionTest, Http10ClosesUnlessItAsksOtherwise) {
  start();
  EXPECT_EQ(field_of(ask("GET /songs/listen/1 HTTP/1.0\r\n\r\n"), "Connection"), "close");
  Client client = connect();
  client.send("GET /songs/listen/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(until([&] { return client.got("0123456789"); }));
  EXPECT_EQ(field_of(client.received, "Connection"), "keep-alive");
  client.received.clear();
  client.send("GET /songs/listen/1 HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 200"));
}

TEST_F(ConnectionTest, AHalfClosedClientIsServedWholly) {
  source.set_content(std::string(4 * 1024 * 1024, 'x'));
  source.script.chunk = 64 * 1024;
  start();
  Client client = connect();
  client.send(keep_alive_get);
  client.shutdown_send();
  ASSERT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_FALSE(client.was_reset);
  EXPECT_EQ(body_of(client.received).size(), 4U * 1024 * 1024);
}

TEST_F(ConnectionTest, AHalfClosedUnixClientIsServedWholly) {
  source.set_content(std::string(4 * 1024 * 1024, 'x'));
  source.script.chunk = 64 * 1024;
  start();
  Client client = connect_unix();
  client.send(keep_alive_get);
  client.shutdown_send();
  ASSERT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_EQ(body_of(client.received).size(), 4U * 1024 * 1024);
}

TEST_F(ConnectionTest, AHeadPast16KiBIs431AndTheAnswerArrives) {
  start();
  const std::string answer =
      ask("GET /songs/listen/1 HTTP/1.1\r\nHost: h\r\nX-Long: " + std::string(64 * 1024, 'a') +
          "\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(field_of(answer, "Connection"), "close");
  EXPECT_FALSE(last_was_reset);
  EXPECT_TRUE(logged("\"status\":431"));
}

TEST_F(ConnectionTest, AnEndlessHeadIsAnsweredBeforeItEnds) {
  start();
  Client client = connect();
  client.send("GET /songs/listen/1 HTTP/1.1\r\nHost: h\r\nX-Long: " + std::string(32 * 1024, 'a'));
  ASSERT_TRUE(until([&] { return client.got("HTTP/1.1 431 "); }));
  client.send(std::string(1000, 'a'));  // still taken, so that no reset destroys the answer
  ASSERT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_FALSE(client.was_reset);
}

TEST_F(ConnectionTest, ATargetPast8KiBIs414) {
  start();
  EXPECT_THAT(ask("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"),
              StartsWith("HTTP/1.1 414 "));
  EXPECT_THAT(ask("GET /" + std::string(64 * 1024, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"),
              StartsWith("HTTP/1.1 414 "));
  EXPECT_FALSE(last_was_reset);
}

TEST_F(ConnectionTest, ALongHeadBehindAnAllowedTargetIs431) {
  start();
  Client client = connect();
  client.send("GET /" + std::string(8184, 'a'));
  ASSERT_TRUE(until([&] { return loop.poll() == 0; }));
  client.send(" HTTP/1.1\r\nHost: h\r\nX: " + std::string(9000, 'a'));
  ASSERT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 431 "));
}

TEST_F(ConnectionTest, ARefusalOfAHeadRequestHasNoBody) {  // RFC 9110 §9.3.2
  start();
  const std::string answer = ask("HEAD /songs/listen/1 HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(body_of(answer), "");
}

// RFC 9112 §2.2: a server ignores empty lines before a request.
TEST_F(ConnectionTest, EmptyLinesAreNoBeginningOfAHead) {
  options.header_timeout = 30ms;
  options.idle_timeout = 90ms;
  start();
  Client client = connect();
  client.send(std::string(keep_alive_get) + "\r\n");
  ASSERT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_EQ(count_of(client.received, "HTTP/1.1 "), 1U) << client.received;
  std::string lines;
  for (int i = 0; i < 12'000; ++i) lines += "\r\n";
  EXPECT_THAT(ask(lines + "GET /songs/listen/1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(ConnectionTest, AmbiguousFramingIs400AndClose) {
  start();
  const std::string answer =
      ask("GET /songs/listen/1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"
          "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(count_of(answer, "HTTP/1.1 "), 1U);
}

TEST_F(ConnectionTest, LinesThatEndWithLfAloneAre400AtOnce) {
  start();
  EXPECT_THAT(ask("GET /songs/listen/1 HTTP/1.1\nHost: h\n\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(ConnectionTest, AHeadThatDoesNotEndInTimeIs408) {
  options.header_timeout = 30ms;
  start();
  const std::string answer = ask("GET /songs/listen/1 HTTP/1.1\r\nHost:");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(field_of(answer, "Connection"), "close");
  EXPECT_TRUE(logged("\"outcome\":\"timeout\""));
}

TEST_F(ConnectionTest, AnIdleOneIsClosedWithoutAWord) {
  options.idle_timeout = 30ms;
  start();
  EXPECT_EQ(ask(""), "");
  Client client = connect();
  client.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_EQ(count_of(client.received, "HTTP/1.1 "), 1U);
  EXPECT_FALSE(client.was_reset);
}

TEST_F(ConnectionTest, ASmallBodyOfAGetIsDropped) {
  start();
  Client client = connect();
  client.send("GET /songs/listen/1 HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n" +
              std::string(40, 'b'));
  ASSERT_TRUE(until([&] { return client.got("0123456789"); }));
  client.received.clear();
  client.send(std::string(60, 'b'));
  client.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return client.got("0123456789"); }));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 200 "));
}

TEST_F(ConnectionTest, ABodyThatCameDuringAStandstillIsDroppedAllTheSame) {
  options.header_timeout = 40ms;
  start();
  Client client = connect();
  client.send("GET /songs/listen/1 HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
  ASSERT_TRUE(until([&] { return client.got("0123456789"); }));
  client.received.clear();
  stand_still(options.header_timeout, client, std::string(100, 'b') + std::string(keep_alive_get));
  ASSERT_TRUE(until([&] { return client.got("0123456789") || client.at_end(); }));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 200 "));
}

TEST_F(ConnectionTest, AHeadThatEndedDuringAStandstillIsAnswered) {
  options.header_timeout = 40ms;
  start();
  Client client = connect();
  client.send("GET /songs/listen/1 HTTP/1.1\r\n");
  ASSERT_TRUE(until([&] { return server->connections() == 1; }));
  stand_still(options.header_timeout, client, "Host: h\r\n\r\n");
  ASSERT_TRUE(until([&] { return client.got("0123456789") || client.at_end(); }));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 200 "));
}

TEST_F(ConnectionTest, AProxyHeaderThatCameDuringAStandstillCounts) {
  options.header_timeout = 40ms;
  options.proxy_protocol = true;
  start();
  Client client = connect();
  ASSERT_TRUE(until([&] { return server->connections() == 1; }));
  stand_still(options.header_timeout, client, "PROXY UNKNOWN\r\n" + std::string(keep_alive_get));
  ASSERT_TRUE(until([&] { return client.got("0123456789") || client.at_end(); }));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 200 "));
}

TEST_F(ConnectionTest, ALargeOrChunkedBodyCostsTheConnection) {
  start();
  for (const std::string field : {"Content-Length: 100000", "Transfer-Encoding: chunked"}) {
    const std::string answer = ask("GET /songs/listen/1 HTTP/1.1\r\nHost: h\r\n" + field +
                                   "\r\n\r\n" + std::string(1000, 'b'));
    EXPECT_EQ(field_of(answer, "Connection"), "close") << field;
    EXPECT_EQ(body_of(answer), "0123456789") << field;
    EXPECT_FALSE(last_was_reset) << field;
  }
}

TEST_F(ConnectionTest, AResetWhileTheOriginIsSlowStopsTheReader) {
  source.script.hang_at = 4;
  start();
  Client client = connect();
  client.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return source.script.hanging == 1; }));
  client.reset();
  ASSERT_TRUE(until([&] { return source.script.readers == 0; }));
  EXPECT_TRUE(logged("\"outcome\":\"client_gone\""));
  EXPECT_TRUE(until([&] { return server->connections() == 0; }));
}

TEST_F(ConnectionTest, AUnixClientThatLeftStopsTheReader) {
  source.script.hang_at = 4;
  start();
  Client client = connect_unix();
  client.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return source.script.hanging == 1; }));
  client.close();
  ASSERT_TRUE(until([&] { return source.script.readers == 0; }));
  EXPECT_TRUE(logged("\"outcome\":\"client_gone\""));
}

TEST_F(ConnectionTest, AResetWhileTheClientDoesNotReadStopsTheReader) {
  set_large_content();
  start();
  Client client = connect();
  client.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return client.got("xxx"); }));
  client.reset();
  ASSERT_TRUE(until([&] { return source.script.readers == 0; }));
  EXPECT_TRUE(logged("\"outcome\":\"client_gone\""));
}

TEST_F(ConnectionTest, UrgentDataIsNoReset) {
  source.script.hang_at = 4;
  start();
  Client client = connect();
  client.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return source.script.hanging == 1; }));
  client.send_urgent();
  get({}, "HEAD");  // the loop has seen the urgent data before this
  EXPECT_EQ(source.script.readers, 1);
}

TEST_F(ConnectionTest, AClientThatTakesNothingForSendTimeoutIsDropped) {
  set_large_content();
  options.send_timeout = 50ms;
  start();
  Client client = connect_to(port, 4096);
  client.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return source.script.readers == 1; }));
  ASSERT_TRUE(until([&] { return source.script.readers == 0; }));
  ASSERT_TRUE(logged("\"outcome\":\"timeout\""));
  EXPECT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_TRUE(client.was_reset);
}

// The send timeout is the client's: a slow origin does not count against it.
TEST_F(ConnectionTest, SendTimeoutDoesNotRunWhileTheOriginIsSlow) {
  source.script.hang_at = 4;
  options.send_timeout = 1ms;
  start();
  Client client = connect();
  client.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return source.script.hanging == 1; }));
  bool later = false;
  io::asio::steady_timer timer(loop, 20ms);
  timer.async_wait([&](boost::system::error_code) { later = true; });
  ASSERT_TRUE(until([&] { return later; }));
  EXPECT_EQ(source.script.readers, 1);
}

/// What the kernel of this process, which is both ends, lets lie unsent for the client.
int unsent_limit_for(const Client& client) {
  for (int descriptor = 3; descriptor < 1024; ++descriptor) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (peer.sin_family != AF_INET || ntohs(peer.sin_port) != client.port()) continue;
    int limit = 0;
    size = sizeof limit;
    ::getsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &limit, &size);
    return limit;
  }
  return 0;
}

TEST_F(ConnectionTest, AClientThatTakesBytesQuicklyMayHaveMoreUnsent) {
  set_large_content();
  start();
  Client client = connect();
  client.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return source.script.readers == 1; }));
  EXPECT_EQ(unsent_limit_for(client), UnsentLimit::least);
  EXPECT_TRUE(until([&] {
    client.receive();
    return unsent_limit_for(client) > UnsentLimit::least;
  }));
}

TEST_F(ConnectionTest, AFaultAfterTheHeadResets) {
  source.script.chunk = 10;
  source.script.what.length = 20;  // the reader has only ten
  start();
  EXPECT_EQ(count_of(get(), "HTTP/1.1 500"), 0U);
  EXPECT_TRUE(last_was_reset);
  EXPECT_TRUE(logged("\"outcome\":\"failed\""));
}

}  // namespace
}  // namespace tonearm::server
