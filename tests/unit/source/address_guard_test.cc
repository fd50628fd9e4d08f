#include "source/address_guard.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

namespace tonearm::source {
namespace {

bool is_private(const char* numeric) {
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, numeric, &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    return is_private_address(reinterpret_cast<const sockaddr&>(v4));
  }
  sockaddr_in6 v6{};
  EXPECT_EQ(::inet_pton(AF_INET6, numeric, &v6.sin6_addr), 1) << numeric;
  v6.sin6_family = AF_INET6;
  return is_private_address(reinterpret_cast<const sockaddr&>(v6));
}

class PrivateAddress : public testing::TestWithParam<const char*> {};
TEST_P(PrivateAddress, IsPrivate) { EXPECT_TRUE(is_private(GetParam())); }
INSTANTIATE_TEST_SUITE_P(All, PrivateAddress,
                         testing::Values("127.0.0.1", "127.255.255.255", "10.0.0.1", "172.16.0.1",
                                         "172.31.255.255", "192.168.1.1", "169.254.169.254",
                                         "0.0.0.0", "0.1.2.3", "100.64.0.1", "100.127.255.255",
                                         "224.0.0.1", "239.255.255.255", "255.255.255.255",
                                         "::", "::1", "fc00::1", "fdff::1", "fe80::1", "ff02::1",
                                         "::ffff:127.0.0.1", "::ffff:10.1.2.3",
                                         "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
                                         "2002:7f00:1::", "2002:a00:1::"));

class PublicAddress : public testing::TestWithParam<const char*> {};
TEST_P(PublicAddress, IsNotPrivate) { EXPECT_FALSE(is_private(GetParam())); }
INSTANTIATE_TEST_SUITE_P(All, PublicAddress,
                         testing::Values("8.8.8.8", "172.15.255.255", "172.32.0.1",
                                         "100.63.255.255", "100.128.0.1", "169.253.0.1", "1.0.0.1",
                                         "223.255.255.255", "2606:4700::1111", "::ffff:8.8.8.8",
                                         "2002:808:808::", "64:ff9b::808:808"));

TEST(PrivateSocketAddress, IsAnythingThatIsNoneOfTheInternet) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  EXPECT_TRUE(is_private_address(reinterpret_cast<const sockaddr&>(local)));
}

}  // namespace
}  // namespace tonearm::source
