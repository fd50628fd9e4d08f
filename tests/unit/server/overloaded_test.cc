#include "server/overloaded.h"

#include "tonearm/io/owned_descriptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string>

namespace tonearm::server {
namespace {

class Overloaded : public testing::Test {
 protected:
  Overloaded() {
    std::array<int, 2> ends{};
    constexpr int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    EXPECT_EQ(::socketpair(AF_UNIX, type, 0, ends.data()), 0);
    ours_ = io::OwnedDescriptor(ends[0]);
    clients_ = io::OwnedDescriptor(ends[1]);
    exchange_.set_peer("some-id", "127.0.0.1");
  }

  std::string answer() const {
    std::string text(4096, '\0');
    const ssize_t count = ::recv(clients_.get(), text.data(), text.size(), 0);
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }
  int unread() const {
    int count = 0;
    EXPECT_EQ(::ioctl(ours_.get(), FIONREAD, &count), 0);
    return count;
  }

  Shared shared_;
  Exchange exchange_{shared_, true};
  io::OwnedDescriptor ours_;
  io::OwnedDescriptor clients_;
};

TEST_F(Overloaded, ARequestIsDroppedAndAnswered) {
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_GT(::send(clients_.get(), request.data(), request.size(), 0), 0);
  tell_overloaded(ours_.get(), exchange_);
  EXPECT_EQ(unread(), 0);
  const std::string told = answer();
  EXPECT_THAT(told, testing::StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(told, testing::HasSubstr("\r\nX-Request-Id: some-id\r\n"));
  EXPECT_EQ(answer(), "") << "the end";
}

TEST_F(Overloaded, WhoGoesOnSendingIsNotReadWithoutEnd) {
  const int room = 1024 * 1024;
  ::setsockopt(clients_.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  const std::string some(32 * 1024, 'a');
  ssize_t sent = 0;
  for (ssize_t count = 0; count >= 0; sent += std::max<ssize_t>(count, 0)) {
    count = ::send(clients_.get(), some.data(), some.size(), 0);
  }
  ASSERT_GT(sent, 128 * 1024);
  tell_overloaded(ours_.get(), exchange_);
  EXPECT_EQ(unread(), sent - 128 * 1024) << "64 KiB before the answer, and as much behind it";
  EXPECT_THAT(answer(), testing::StartsWith("HTTP/1.1 503 "));
}

}  // namespace
}  // namespace tonearm::server
