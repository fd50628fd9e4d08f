#include "tonearm/server/listen_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tonearm::server {
namespace {

TEST(ListenAddress, TheThreeFormsAreReadAndWritten) {
  const std::vector<std::pair<std::string, ListenAddress>> rows = {
      {"127.0.0.1:8005", {"127.0.0.1", 8005, {}}},
      {"localhost:0", {"localhost", 0, {}}},
      {"[::1]:65535", {"::1", 65535, {}}},
      {"[fe80::1%eth0]:80", {"fe80::1%eth0", 80, {}}},
      {"127.1:80", {"127.1", 80, {}}},
      {"my_host-2.example.:80", {"my_host-2.example.", 80, {}}},
      {"unix:/run/tonearm.sock", {{}, 0, "/run/tonearm.sock"}},
      {"unix:relative", {{}, 0, "relative"}},
  };
  for (const auto& [text, address] : rows) {
    const Result<ListenAddress> parsed = parse_listen_address(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, address) << text;
    EXPECT_EQ(to_text(*parsed), text);
  }
}

TEST(ListenAddress, AnythingElseIsAnErrorThatNamesIt) {
  for (const std::string text :
       {"", "8005", ":8005", "host:", "host:port", "host:65536", "host:-1", "host:80 ", "::1:80",
        "[::1:80", "[::1]", "unix:", "999.1.1.1:1", "1.2.3.4.5:1", "a b:1", "h\xC3\xB6st:1",
        "[localhost]:1", "[127.0.0.1]:1", "[]:1"}) {
    const Result<ListenAddress> parsed = parse_listen_address(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().detail, testing::HasSubstr("\"" + text + "\""));
    EXPECT_THAT(parsed.error().detail, testing::HasSubstr("unix:/path"));
  }
}

TEST(ListenAddress, AUnixPathFitsItsSocketAddress) {
  EXPECT_TRUE(parse_listen_address("unix:/" + std::string(106, 'a')));
  EXPECT_FALSE(parse_listen_address("unix:/" + std::string(107, 'a')));
}

}  // namespace
}  // namespace tonearm::server
