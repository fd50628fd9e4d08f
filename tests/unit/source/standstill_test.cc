#include "tonearm/io/deadline.h"
#include "tonearm/io/owned_descriptor.h"

#include "http_fixture.h"

#include <boost/asio/co_spawn.hpp>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tonearm::source {
namespace {

using namespace std::chrono_literals;

/// An origin on the loop's own thread, so that it can speak while the loop stands still.
class OriginByHand {
 public:
  OriginByHand() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    auto* generic = reinterpret_cast<sockaddr*>(&address_);
    EXPECT_EQ(::bind(listener_.get(), generic, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener_.get(), generic, &size), 0);
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }

  /// Whether the head of a request has come.
  bool was_asked() {
    if (connection_.get() < 0) {
      if (!is_readable(listener_.get())) return false;
      connection_ = io::OwnedDescriptor(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }
    char bytes[4096];
    while (is_readable(connection_.get())) {
      const ssize_t count = ::recv(connection_.get(), bytes, sizeof bytes, 0);
      if (count <= 0) break;
      asked_.append(bytes, static_cast<std::size_t>(count));
    }
    return asked_.find("\r\n\r\n") != std::string::npos;
  }

  void say(std::string_view text) {
    EXPECT_EQ(::send(connection_.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

 private:
  static bool is_readable(int descriptor) {
    pollfd state{descriptor, POLLIN, 0};
    return ::poll(&state, 1, 0) > 0;
  }

  io::OwnedDescriptor listener_;
  io::OwnedDescriptor connection_;
  sockaddr_in address_{};
  std::string asked_;
};

/// A song that cannot be resumed: its origin proves nothing.
class StandstillTest : public HttpFixture {
 protected:
  void play() {
    source_.emplace(make_http_client(loop_.get_executor(), options_));
    Wish wish;
    wish.after_chunk = [this](std::uint64_t so_far) {
      got_ = so_far;
      return wait_until([] { return true; });
    };
    io::asio::co_spawn(loop_, listen(*source_, origin_.url() + "/song", std::move(wish)),
                       [this](std::exception_ptr, Heard heard) { heard_ = std::move(heard); });
    run_until([this] { return origin_.was_asked(); });
  }

  void run_until(const std::function<bool()>& done) {
    const auto limit = io::Clock::now() + 10s;
    while (!done() && io::Clock::now() < limit) {
      loop_.restart();
      loop_.run_one_for(1ms);
    }
  }
  void run_until_all_waits() {
    loop_.restart();
    loop_.poll();
  }

  /// Meanwhile the origin says something, and a deadline of `timeout` from now passes.
  void stand_still(std::chrono::milliseconds timeout, std::string_view said) {
    const auto since = io::Clock::now();
    origin_.say(said);
    while (io::Clock::now() <= since + timeout) {
    }
  }

  void expect_whole() {
    run_until([this] { return heard_.has_value(); });
    ASSERT_TRUE(heard_);
    EXPECT_FALSE(heard_->error) << heard_->error->detail;
    EXPECT_TRUE(heard_->body == content_);
  }

  const std::string content_ = make_content(3000);
  const std::string head_ = "HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n";
  OriginByHand origin_;
  io::asio::io_context loop_{1};
  std::optional<HttpSource> source_;
  std::uint64_t got_ = 0;
  std::optional<Heard> heard_;
};

TEST_F(StandstillTest, IsNoStallOfAnOriginThatHasSent) {
  options_.stall_timeout = 50ms;
  play();
  origin_.say(head_ + content_.substr(0, 1000));
  run_until([this] { return got_ == 1000; });
  run_until_all_waits();
  stand_still(options_.stall_timeout, content_.substr(1000, 1000));
  run_until([this] { return got_ == 2000; });
  run_until_all_waits();
  origin_.say(content_.substr(2000));
  expect_whole();
}

TEST_F(StandstillTest, IsNoPauseOfWhoWaitsForTheHead) {
  options_.first_byte_timeout = 50ms;
  play();
  stand_still(options_.first_byte_timeout, head_ + content_.substr(0, 1000));
  run_until([this] { return got_ == 1000; });
  origin_.say(content_.substr(1000));
  expect_whole();
}

}  // namespace
}  // namespace tonearm::source
