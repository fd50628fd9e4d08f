#include "server/address_text.h"

#include <gtest/gtest.h>

namespace tonearm::server {
namespace {

TEST(Port, IsAtMostFiveDigitsAnd65535) {
  for (const char* port : {"0", "1", "00080", "65535"}) EXPECT_TRUE(is_port_number(port)) << port;
  for (const char* text :
       {"", "65536", "99999", "000080", "-1", "+1", " 1", "1 ", "0x1", "_http"}) {
    EXPECT_FALSE(is_port_number(text)) << text;
  }
}

// RFC 7239 §6.
TEST(Node, IsAnAddressThatAPortMayFollow) {
  for (const char* node : {"192.0.2.1", "192.0.2.1:4711", "192.0.2.1:_p.O-r_t"}) {
    const auto address = parse_node(node);
    ASSERT_TRUE(address) << node;
    EXPECT_EQ(address->to_string(), "192.0.2.1");
  }
  for (const char* node :
       {"2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:4711", "[2001:db8::1]:_p"}) {
    const auto address = parse_node(node);
    ASSERT_TRUE(address) << node;
    EXPECT_EQ(address->to_string(), "2001:db8::1");
  }
  for (const char* text :
       {"unknown", "_hidden", "192.0.2.1:", "192.0.2.1:70000", "192.0.2.1:_", "192.0.2.1:_p!",
        "[2001:db8::1]:_", "[192.0.2.1]", "[2001:db8::1", "[2001:db8::1]4711", "fe80::1%eth0"}) {
    EXPECT_FALSE(parse_node(text)) << text;
  }
}

}  // namespace
}  // namespace tonearm::server
