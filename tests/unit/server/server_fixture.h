#pragma once

#include "tonearm/server/loop_server.h"

#include "scripted_songs.h"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tonearm::server {

/// A client on the test's own thread: whatever it waits for, the server's loop runs meanwhile.
class Client {
 public:
  explicit Client(int descriptor) : descriptor_(descriptor) {}
  Client(Client&& other) noexcept
      : received(std::move(other.received)),
        ended(other.ended),
        was_reset(other.was_reset),
        descriptor_(std::exchange(other.descriptor_, -1)) {}
  ~Client() { close(); }

  void send(std::string_view text) {
    ASSERT_EQ(::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  void send_urgent() { ASSERT_EQ(::send(descriptor_, "!", 1, MSG_OOB | MSG_NOSIGNAL), 1); }
  std::uint16_t port() const {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&own), &size);
    return ntohs(own.sin_port);
  }
  void shutdown_send() { ::shutdown(descriptor_, SHUT_WR); }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  void reset() {
    const linger none{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close();
  }

  /// Takes what has come.
  void receive() {
    char bytes[65536];
    while (!ended) {
      const ssize_t count = ::recv(descriptor_, bytes, sizeof bytes, MSG_DONTWAIT);
      if (count < 0 && errno == EAGAIN) return;
      if (count > 0) received.append(bytes, static_cast<std::size_t>(count));
      ended = count <= 0;
      was_reset = count < 0;
    }
  }
  bool got(std::string_view text) {
    receive();
    return received.find(text) != std::string::npos;
  }
  bool at_end() {
    receive();
    return ended;
  }

  std::string received;
  bool ended = false;
  bool was_reset = false;

 private:
  int descriptor_;
};

/// A LoopServer on a loop of the test's thread, with a scripted catalog and source behind it.
class ServerTest : public testing::Test {
 protected:
  ServerTest() : source(loop.get_executor()) {
    source.set_content("0123456789");
    store.add("1");
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    directory = std::filesystem::temp_directory_path() /
                ("tonearm-server-" + std::to_string(::getpid()) + "-" + test->name());
    std::filesystem::create_directories(directory);
    AccessLogOptions to;
    to.target = directory / "access.log";
    shared.access_log = std::move(AccessLog::open(to, shared.metrics).value());
  }

  ~ServerTest() override {
    bool stopped = !server;
    if (server) server->cancel_all([&] { stopped = true; });
    until([&] { return stopped; });
    std::filesystem::remove_all(directory);
  }

  void start() {
    server = std::make_unique<LoopServer>(loop, shared, options, store, source,
                                          [](std::string_view) { return false; });
    std::vector<ListeningSocket> clients = open("127.0.0.1:0");
    std::vector<ListeningSocket> admin = open("127.0.0.1:0");
    std::vector<ListeningSocket> unix_clients = open("unix:" + unix_path().string());
    port = clients.front().address().port;
    admin_port = admin.front().address().port;
    clients.push_back(std::move(unix_clients.front()));
    server->start(std::move(clients), std::move(admin));
  }

  void drain() {
    server->drain([this] { drained = true; });
  }

  std::filesystem::path unix_path() const { return directory / "s"; }

  /// Runs the loop until the condition holds, at most some seconds.
  bool until(const std::function<bool()>& condition) {
    using namespace std::chrono_literals;
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      loop.restart();
      loop.run_one_for(5ms);
    }
    return true;
  }

  Client connect_to(std::uint16_t to, int receive_buffer = 0) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0) {
      ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    const int no_delay = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(to);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(descriptor, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    return Client(descriptor);
  }
  Client connect() { return connect_to(port); }
  Client connect_unix() {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::ranges::copy(unix_path().string(), at.sun_path);
    EXPECT_EQ(::connect(descriptor, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    return Client(descriptor);
  }

  /// Everything that came for `text` until the server closed. The request should ask for that.
  std::string ask(std::string_view text) {
    Client client = connect();
    client.send(text);
    EXPECT_TRUE(until([&] { return client.at_end(); })) << text;
    last_was_reset = client.was_reset;
    return client.received;
  }
  /// GET of song 1 with these fields (each with its CRLF), closing.
  std::string get(std::string_view fields = {}, std::string_view method = "GET") {
    return ask(std::string(method) +
               " /songs/listen/1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" +
               std::string(fields) + "\r\n");
  }

  /// The access log, once it has this text.
  bool logged(const std::string& text) {
    return until([&] {
      std::ifstream file(directory / "access.log");
      log.assign(std::istreambuf_iterator<char>(file), {});
      return log.find(text) != std::string::npos;
    });
  }

  static std::vector<ListeningSocket> open(const std::string& text) {
    const ListenAddress address = parse_listen_address(text).value();
    auto opened = open_listeners(std::span(&address, 1), 1);
    return std::move(opened.value().front());
  }

  static std::string body_of(const std::string& answer) {
    const auto end = answer.find("\r\n\r\n");
    return end == std::string::npos ? "no head" : answer.substr(end + 4);
  }
  static std::string field_of(const std::string& answer, const std::string& name) {
    const auto at = answer.find("\r\n" + name + ": ");
    if (at == std::string::npos || at > answer.find("\r\n\r\n")) return {};
    const auto start = at + name.size() + 4;
    return answer.substr(start, answer.find("\r\n", start) - start);
  }
  static std::string status_of(const std::string& answer) { return answer.substr(0, 12); }

  io::asio::io_context loop{1};
  Shared shared;
  Options options;
  ScriptedStore store;
  ScriptedSource source;
  std::unique_ptr<LoopServer> server;
  std::filesystem::path directory;
  std::uint16_t port = 0;
  std::uint16_t admin_port = 0;
  std::string log;
  bool last_was_reset = false;
  bool drained = false;
};

inline constexpr std::string_view keep_alive_get =
    "GET /songs/listen/1 HTTP/1.1\r\nHost: h\r\n\r\n";

}  // namespace tonearm::server
