#include "tonearm/server/client_address.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

namespace tonearm::server {
namespace {

std::optional<Address> address(const char* text) { return boost::asio::ip::make_address(text); }

http::RequestHead head_with(std::initializer_list<std::string_view> forwarded_for) {
  http::RequestHead head;
  for (const auto line : forwarded_for) {
    head.fields.push_back({http::field::unknown, "x-forwarded-for", line});
  }
  return head;
}

TrustedProxies trusting(std::vector<std::string> texts) {
  return TrustedProxies::parse(texts).value();
}

std::string client_of(const char* peer, std::initializer_list<std::string_view> lines,
                      std::vector<std::string> trusted = {"127.0.0.1/32", "10.0.0.0/8"}) {
  const auto from = peer == nullptr ? std::nullopt : address(peer);
  return to_text(client_address(from, head_with(lines), trusting(std::move(trusted))));
}

struct BlockCase {
  const char* block;
  const char* address;
  bool inside;
};

class CidrContains : public testing::TestWithParam<BlockCase> {};

TEST_P(CidrContains, ComparesThePrefixAlone) {
  const auto& row = GetParam();
  const auto block = Cidr::parse(row.block);
  ASSERT_TRUE(block.has_value()) << row.block;
  EXPECT_EQ(block->contains(*address(row.address)), row.inside) << row.block << " " << row.address;
}

INSTANTIATE_TEST_SUITE_P(Blocks, CidrContains,
                         testing::Values(BlockCase{"10.0.0.0/8", "10.255.0.1", true},
                                         BlockCase{"10.0.0.0/8", "11.0.0.1", false},
                                         BlockCase{"10.1.2.3/8", "10.9.9.9", true},
                                         BlockCase{"192.168.4.0/22", "192.168.7.255", true},
                                         BlockCase{"192.168.4.0/22", "192.168.8.0", false},
                                         BlockCase{"127.0.0.1", "127.0.0.1", true},
                                         BlockCase{"127.0.0.1", "127.0.0.2", false},
                                         BlockCase{"0.0.0.0/0", "203.0.113.9", true},
                                         BlockCase{"0.0.0.0/0", "2001:db8::1", false},
                                         BlockCase{"::/0", "203.0.113.9", false},
                                         BlockCase{"fc00::/7", "fdff::1", true},
                                         BlockCase{"fc00::/7", "fe00::1", false},
                                         BlockCase{"::1/128", "::1", true},
                                         BlockCase{"::1/128", "::2", false},
                                         // RFC 4291 §2.5.5.2: IPv4-mapped.
                                         BlockCase{"10.0.0.0/8", "::ffff:10.1.1.1", true},
                                         BlockCase{"::ffff:10.0.0.0/104", "10.1.1.1", true},
                                         BlockCase{"::ffff:10.0.0.0/104", "11.1.1.1", false}));

TEST(CidrParse, RefusesWhatIsNoBlockAndNamesIt) {
  for (const char* text : {"", "/", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/8x", "10.0.0/8",
                           "10.0.0.0/-1", "10.0.0.0/+8", "localhost", "10.0.0.0/8/8", " 10.0.0.1",
                           "fe80::1%1", "10.0.0.0/99999999999999999999"}) {
    const auto block = Cidr::parse(text);
    ASSERT_FALSE(block.has_value()) << text;
    EXPECT_NE(block.error().detail.find('"' + std::string(text) + '"'), std::string::npos) << text;
  }
}

TEST(TrustedProxiesParse, OneBadBlockIsTheError) {
  const std::vector<std::string> texts{"10.0.0.0/8", "nonsense"};
  const auto parsed = TrustedProxies::parse(texts);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_NE(parsed.error().detail.find("nonsense"), std::string::npos);
}

TEST(ClientAddress, UntrustedPeerIsTheClientWhateverItSays) {
  EXPECT_EQ(client_of("203.0.113.1", {"198.51.100.1"}), "203.0.113.1");
}

TEST(ClientAddress, NothingForwardedIsThePeer) {
  EXPECT_EQ(client_of("127.0.0.1", {}), "127.0.0.1");
  EXPECT_EQ(client_of("127.0.0.1", {"", " , "}), "127.0.0.1");
}

TEST(ClientAddress, RightmostUntrustedMemberWins) {
  EXPECT_EQ(client_of("127.0.0.1", {"1.1.1.1, 198.51.100.1, 10.0.0.7"}), "198.51.100.1");
}

TEST(ClientAddress, LeftmostWhenAllAreTrusted) {
  EXPECT_EQ(client_of("127.0.0.1", {"10.0.0.1, 10.0.0.2"}), "10.0.0.1");
}

TEST(ClientAddress, SeveralLinesAreOneListInOrder) {
  EXPECT_EQ(client_of("127.0.0.1", {"1.1.1.1", "198.51.100.1", "10.0.0.7"}), "198.51.100.1");
}

TEST(ClientAddress, UnixPeerIsTrusted) {
  EXPECT_EQ(client_of(nullptr, {"198.51.100.1"}), "198.51.100.1");
  EXPECT_EQ(client_of(nullptr, {}), "unix:");
}

TEST(ClientAddress, GarbageEndsTheWalkAtTheLastGoodAddress) {
  EXPECT_EQ(client_of("127.0.0.1", {"198.51.100.1, unknown, 10.0.0.7"}), "10.0.0.7");
  EXPECT_EQ(client_of("127.0.0.1", {"198.51.100.1, _hidden"}), "127.0.0.1");
  for (const char* garbage : {"1.2.3.4:", "1.2.3.4:x", "1.2.3.4:123456", "[::1", "[1.2.3.4]",
                              "[2001:db8::1]x", "[2001:db8::1]:", "fe80::1%eth0", "1.2.3"}) {
    EXPECT_EQ(client_of("127.0.0.1", {garbage}), "127.0.0.1") << garbage;
  }
  EXPECT_EQ(client_of("127.0.0.1", {std::string_view("1.2.3.4\0x", 9)}), "127.0.0.1");
}

TEST(ClientAddress, PortsAndBracketsAreTakenOff) {
  EXPECT_EQ(client_of("127.0.0.1", {"198.51.100.1:4711"}), "198.51.100.1");
  EXPECT_EQ(client_of("127.0.0.1", {"[2001:db8::1]:4711"}), "2001:db8::1");
  EXPECT_EQ(client_of("127.0.0.1", {"[2001:DB8::1]"}), "2001:db8::1");
  EXPECT_EQ(client_of("127.0.0.1", {"2001:db8:0:0::1"}), "2001:db8::1");
}

TEST(ClientAddress, MappedAddressesAreIPv4) {
  EXPECT_EQ(client_of("::ffff:127.0.0.1", {"::ffff:198.51.100.1"}), "198.51.100.1");
  EXPECT_EQ(client_of("::ffff:203.0.113.1", {}), "203.0.113.1");
}

TEST(ClientAddress, NobodyTrustedMeansThePeer) {
  EXPECT_EQ(client_of("127.0.0.1", {"198.51.100.1"}, {}), "127.0.0.1");
}

}  // namespace
}  // namespace tonearm::server
