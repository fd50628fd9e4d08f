#include "tonearm/server/listening_socket.h"

#include "server/unsent_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace tonearm::server {
namespace {

using testing::HasSubstr;

auto open(const std::string& text, std::size_t loops = 1,
          UnixAccess access = UnixAccess::everybody) {
  const ListenAddress address = parse_listen_address(text).value();
  return open_listeners(std::span(&address, 1), loops, access);
}

int option(int descriptor, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(descriptor, level, name, &value, &size), 0);
  return value;
}

TEST(ListeningSocket, EveryLoopHasASocketOnTheSamePort) {
  const auto opened = open("127.0.0.1:0", 3);
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->size(), 3U);
  const ListenAddress first = opened->front().front().address();
  EXPECT_NE(first.port, 0);
  for (const auto& sockets : *opened) {
    ASSERT_EQ(sockets.size(), 1U);
    EXPECT_EQ(sockets[0].address(), first);
    EXPECT_EQ(option(sockets[0].descriptor(), SOL_SOCKET, SO_ACCEPTCONN), 1);
    EXPECT_EQ(option(sockets[0].descriptor(), IPPROTO_TCP, TCP_NODELAY), 1);
    EXPECT_EQ(option(sockets[0].descriptor(), IPPROTO_TCP, TCP_NOTSENT_LOWAT), UnsentLimit::least);
  }
  EXPECT_NE((*opened)[0][0].descriptor(), (*opened)[1][0].descriptor());
}

TEST(ListeningSocket, AnAddressInUseIsSaidSo) {
  const auto first = open("127.0.0.1:0");
  ASSERT_TRUE(first);
  const std::string taken = to_text(first->front().front().address());
  const auto second = open(taken);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().detail, "cannot listen on " + taken + ": address already in use");
}

TEST(ListeningSocket, AnAddressThatIsNotOursIsSaidSo) {
  const auto opened = open("203.0.113.1:8005");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().detail, HasSubstr("cannot listen on 203.0.113.1:8005: "));
}

TEST(ListeningSocket, ANameIsResolved) {
  const auto opened = open("localhost:0");
  ASSERT_TRUE(opened);
  for (const ListeningSocket& socket : opened->front()) {
    EXPECT_THAT(socket.address().host, testing::AnyOf("127.0.0.1", "::1"));
  }
  EXPECT_FALSE(open("no-such-host.invalid:80"));
}

class UnixListener : public testing::Test {
 protected:
  UnixListener()
      : path(std::filesystem::temp_directory_path() /
             ("tonearm-listen-" + std::to_string(::getpid()))) {
    std::filesystem::remove(path);
  }
  ~UnixListener() override { std::filesystem::remove(path); }

  auto open_here(std::size_t loops = 1) { return open("unix:" + path.string(), loops); }

  /// Leaves a socket file behind that nobody answers on.
  void leave_stale_socket() const {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::ranges::copy(path.string(), at.sun_path);
    ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    ::close(descriptor);
  }

  const std::filesystem::path path;
};

TEST_F(UnixListener, LoopsShareOneSocketAndTheLastRemovesItsFile) {
  auto opened = open_here(2);
  ASSERT_TRUE(opened);
  EXPECT_NE((*opened)[0][0].descriptor(), (*opened)[1][0].descriptor());
  (*opened)[0].clear();
  EXPECT_TRUE(std::filesystem::exists(path));
  (*opened)[1].clear();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(UnixListener, IsThereForEverybodyOrForItsGroupWhateverTheUmask) {
  const mode_t before = ::umask(077);
  for (const auto& [access, mode] :
       {std::pair(UnixAccess::everybody, 0666), {UnixAccess::group, 0660}}) {
    const auto opened = open("unix:" + path.string(), 1, access);
    ASSERT_TRUE(opened);
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(mode));
  }
  ::umask(before);
}

TEST_F(UnixListener, AStaleSocketIsReplaced) {
  leave_stale_socket();
  EXPECT_TRUE(open_here());
}

TEST_F(UnixListener, ASocketThatAnswersIsNot) {
  const auto first = open_here();
  ASSERT_TRUE(first);
  const auto second = open_here();
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().detail, HasSubstr("address already in use"));
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(UnixListener, AnotherFileIsNotTouched) {
  std::ofstream(path) << "precious";
  const auto opened = open_here();
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().detail, HasSubstr("is no socket"));
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(UnixListener, ASuccessorsFileIsLeftAlone) {
  auto opened = open_here();
  ASSERT_TRUE(opened);
  std::filesystem::remove(path);
  leave_stale_socket();
  opened->clear();
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(ListeningSocket, AdoptedOnesShareOneQueueThatOutlivesThem) {
  auto manager = open("127.0.0.1:0");
  ASSERT_TRUE(manager);
  const ListeningSocket& held = manager->front().front();
  const int passed = ::dup(held.descriptor());
  {
    const auto adopted = adopt_listeners(std::span(&passed, 1), 2);
    ASSERT_TRUE(adopted);
    ASSERT_EQ(adopted->size(), 2U);
    for (const auto& sockets : *adopted) {
      ASSERT_EQ(sockets.size(), 1U);
      EXPECT_TRUE(sockets[0].is_inherited());
      EXPECT_EQ(sockets[0].address(), held.address());
      EXPECT_EQ(option(sockets[0].descriptor(), IPPROTO_TCP, TCP_NODELAY), 1);
    }
  }
  EXPECT_EQ(::fcntl(passed, F_GETFD), -1) << "what was passed is ours to close";
  EXPECT_EQ(option(held.descriptor(), SOL_SOCKET, SO_ACCEPTCONN), 1);
}

TEST(ListeningSocket, AnAdoptedUnixSocketKeepsItsFile) {
  const std::string path = testing::TempDir() + "tonearm-adopted-" + std::to_string(::getpid());
  auto manager = open("unix:" + path);
  ASSERT_TRUE(manager);
  const int passed = ::dup(manager->front().front().descriptor());
  {
    const auto adopted = adopt_listeners(std::span(&passed, 1), 1);
    ASSERT_TRUE(adopted);
    EXPECT_EQ(adopted->front().front().address().path, path);
  }
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(ListeningSocket, WhatDoesNotListenIsNotAdopted) {
  const int connected = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto adopted = adopt_listeners(std::span(&connected, 1), 1);
  ASSERT_FALSE(adopted);
  EXPECT_THAT(adopted.error().detail, HasSubstr("no listening stream socket"));
}

}  // namespace
}  // namespace tonearm::server
