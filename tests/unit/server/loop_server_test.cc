#include "server_fixture.h"

#include <gmock/gmock.h>

#include <sys/resource.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace tonearm::server {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class LoopServerTest : public ServerTest {
 protected:
  /// A client whose answer stops before its last byte.
  Client stream_that_hangs() {
    source.script.hang_at = 4;
    Client client = connect();
    client.send(keep_alive_get);
    EXPECT_TRUE(until([&] { return client.got("0123"); }));
    return client;
  }

  std::string ask_admin(const std::string& path, const std::string& method = "GET") {
    Client client = connect_to(admin_port);
    client.send(method + " " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(until([&] { return client.at_end(); }));
    return client.received;
  }

  /// The metrics of requests and of what went wrong with them.
  std::string counted() {
    std::istringstream text(shared.metrics.expose(0));
    std::string lines;
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with("tonearm_errors_") || line.starts_with("tonearm_requests_")) {
        lines += line + "\n";
      }
    }
    return lines;
  }
};

TEST_F(LoopServerTest, PastMaxConnectionsIs503AndTheAnswerArrives) {
  options.max_connections = 1;
  start();
  Client first = connect();
  first.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return first.got("0123456789"); }));
  const std::string answer = ask(keep_alive_get);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_NE(field_of(answer, "Retry-After"), "");
  EXPECT_EQ(field_of(answer, "Connection"), "close");
  EXPECT_FALSE(last_was_reset);
  first.close();
  ASSERT_TRUE(until([&] { return shared.connections == 0; }));
  EXPECT_THAT(get(), StartsWith("HTTP/1.1 200 "));
}

/// Sets what getrlimit(2) says of descriptors, for as long as it lives.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t limit) {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const rlimit changed{limit, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &changed), 0);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_F(LoopServerTest, WhoeverIsRefusedForWantOfDescriptorsIsCountedAndLogged) {
  start();
  const auto lowest_unused = static_cast<rlim_t>(::dup(STDOUT_FILENO));
  ::close(static_cast<int>(lowest_unused));
  const DescriptorLimit few(lowest_unused + 16);
  constexpr int count = 5;  // two wait, and the others are told on the way out
  std::vector<Client> clients;
  for (int i = 0; i < count; ++i) {
    Client& client = clients.emplace_back(connect());
    client.send(keep_alive_get);
    EXPECT_TRUE(until([&] { return client.got("HTTP/1.1 503 "); })) << i;
    EXPECT_TRUE(logged(field_of(client.received, "X-Request-Id"))) << i << "\n" << log;
  }
  const auto lines = std::ranges::count(log, '\n');
  EXPECT_EQ(lines, count) << log;
  EXPECT_THAT(counted(), HasSubstr("{error=\"overloaded\",party=\"self\"} 5\n"));
  EXPECT_THAT(log, HasSubstr("\"client\":\"127.0.0.1\""));
  EXPECT_THAT(log, Not(HasSubstr("\"status\":0")));
}

TEST_F(LoopServerTest, DrainingClosesIdleConnectionsAtOnce) {
  start();
  Client client = connect();
  client.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return client.got("0123456789"); }));
  drain();
  EXPECT_FALSE(drained);
  ASSERT_TRUE(until([&] { return drained; }));
  EXPECT_TRUE(client.at_end());
  EXPECT_FALSE(client.was_reset);
}

TEST_F(LoopServerTest, DrainingWithoutConnectionsIsDone) {
  start();
  drain();
  EXPECT_TRUE(until([&] { return drained; }));
}

TEST_F(LoopServerTest, WhatWaitsInTheQueueIsServedWhileDraining) {
  start();
  Client client = connect();  // nobody has accepted it yet
  client.send(keep_alive_get);
  drain();
  ASSERT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(field_of(client.received, "Connection"), "close");
  EXPECT_FALSE(client.was_reset);
  client.close();
  EXPECT_TRUE(until([&] { return drained; }));
}

TEST_F(LoopServerTest, WhatHasArrivedOnAnIdleConnectionIsServedWhileDraining) {
  start();
  Client client = connect();
  client.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return client.got("0123456789"); }));
  client.received.clear();
  client.send(keep_alive_get);
  drain();
  ASSERT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(field_of(client.received, "Connection"), "close");
}

TEST_F(LoopServerTest, DrainingWaitsForStreamsAndAcceptsNoMore) {
  start();
  Client client = stream_that_hangs();
  drain();
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_NE(::connect(descriptor, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  ::close(descriptor);
  EXPECT_THAT(ask_admin("/readyz"), StartsWith("HTTP/1.1 503 "));
  EXPECT_FALSE(drained);
  client.reset();
  EXPECT_TRUE(until([&] { return drained; }));
}

TEST_F(LoopServerTest, CancelAllResetsStreams) {
  start();
  Client client = stream_that_hangs();
  Client idle = connect();
  Client admin = connect_to(admin_port);
  ASSERT_TRUE(until([&] { return server->connections() == 2; }));
  bool stopped = false;
  server->cancel_all([&] { stopped = true; });
  EXPECT_FALSE(stopped);
  ASSERT_TRUE(until([&] { return stopped; }));
  EXPECT_EQ(source.script.readers, 0);
  EXPECT_TRUE(client.at_end());
  EXPECT_TRUE(client.was_reset);
  EXPECT_TRUE(idle.at_end());
  EXPECT_TRUE(admin.at_end());
  EXPECT_EQ(shared.connections, 0U);
  EXPECT_TRUE(logged("\"outcome\":\"shut_down\""));
}

TEST_F(LoopServerTest, AReloadCountsFromTheNextRequest) {
  start();
  Client client = connect();
  client.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return client.got("0123456789"); }));
  client.received.clear();
  options.cache_control = "no-store";
  ScriptedSource other(loop.get_executor());
  other.set_content("abcdef");
  server->reconfigure(
      LoopServer::prepare(options, store, other, [](std::string_view) { return false; }));
  client.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return client.got("abcdef"); }));
  EXPECT_EQ(field_of(client.received, "Cache-Control"), "no-store");
}

TEST_F(LoopServerTest, TheAdminListenerAnswers) {
  options.max_connections = 0;  // it does not count
  start();
  EXPECT_THAT(ask_admin("/healthz"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask_admin("/readyz"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(body_of(ask_admin("/healthz", "HEAD")), "");
  EXPECT_THAT(ask_admin("/songs/listen/1"), StartsWith("HTTP/1.1 404 "));
  store.broken = Error{ErrorKind::catalog_unavailable, "no file", {}};
  EXPECT_THAT(ask_admin("/readyz"), HasSubstr("catalog unreadable: no file"));
  EXPECT_EQ(log, "");
}

TEST_F(LoopServerTest, WhatTheAdminListenerIsAskedDoesNotCount) {
  start();
  const std::string before = counted();
  EXPECT_THAT(ask_admin("/cache/unknown", "DELETE"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(ask_admin("no path"), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(counted(), before);
  EXPECT_THAT(ask("GET /songs/listen/unknown HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 404 "));
  EXPECT_NE(counted(), before);
}

}  // namespace
}  // namespace tonearm::server
