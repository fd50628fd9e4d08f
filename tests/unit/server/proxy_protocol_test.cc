#include "server/proxy_protocol.h"

#include <gtest/gtest.h>

#include <string>

namespace tonearm::server {
namespace {

using namespace std::string_literals;

std::string text_of(const ProxyHeader& header) {
  return header.source ? to_text(header.source) : "peer";
}

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string tcp4 = "\xC0\x00\x02\x01\xC6\x33\x64\x01\xDC\x04\x01\xBB"s;
const std::string tcp6 =
    "\x20\x01\x0D\xB8"s + std::string(11, '\0') + "\x01" + std::string(20, '\0');

std::string version_2(char command, char family, const std::string& body) {
  return signature + command + family + static_cast<char>(body.size() >> 8) +
         static_cast<char>(body.size() & 0xFF) + body;
}

struct HeaderRow {
  std::string bytes;
  std::string source;
};

const std::vector<HeaderRow> good = {
    {"PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "192.0.2.1"},
    {"PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", "2001:db8::1"},
    {"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "192.0.2.1"},
    {"PROXY UNKNOWN\r\n", "peer"},
    {"PROXY UNKNOWN anything at all\r\n", "peer"},
    {version_2('\x21', '\x11', tcp4), "192.0.2.1"},
    {version_2('\x21', '\x21', tcp6), "2001:db8::1"},
    {version_2('\x21', '\x11', tcp4 + "\x04\x00\x01x"s), "192.0.2.1"},
    {version_2('\x20', '\x11', tcp4), "peer"},  // LOCAL
    {version_2('\x20', '\x00', ""), "peer"},
    {version_2('\x21', '\x00', "some TLVs"), "peer"},  // AF_UNSPEC
    {version_2('\x21', '\x12', tcp4), "peer"},         // UDP
    {version_2('\x21', '\x31', std::string(216, 'x')), "peer"},
};

TEST(ProxyProtocol, SaysWhereTheClientIs) {
  for (const HeaderRow& row : good) {
    const auto header = parse_proxy_header(row.bytes + "GET / HTTP/1.1\r\n");
    ASSERT_TRUE(header && *header) << row.bytes;
    EXPECT_EQ(text_of(**header), row.source) << row.bytes;
    EXPECT_EQ((*header)->size, row.bytes.size()) << row.bytes;
  }
}

TEST(ProxyProtocol, EveryBeginningWantsMore) {
  for (const HeaderRow& row : good) {
    for (std::size_t size = 0; size < row.bytes.size(); ++size) {
      const auto header = parse_proxy_header(std::string_view(row.bytes).substr(0, size));
      ASSERT_TRUE(header) << row.bytes << size;
      // What follows the addresses need not be there.
      if (*header) {
        EXPECT_EQ((*header)->size, row.bytes.size()) << size;
      }
    }
  }
}

TEST(ProxyProtocol, EverythingElseIsMalformed) {
  const std::string rows[] = {
      "GET / HTTP/1.1\r\n\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 1\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.1 56324 65536\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.1 -1 443\r\n",
      "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
      "PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n",
      "PROXY TCP4  192.0.2.1 198.51.100.1 1 2\r\n",
      "PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n",
      "PROXY TCP9 192.0.2.1 198.51.100.1 1 2\r\n",
      "PROXY \r\n",
      "PROXY " + std::string(200, 'x'),
      "proxy TCP4 192.0.2.1 198.51.100.1 1 2\r\n",
      version_2('\x22', '\x11', tcp4),
      version_2('\x11', '\x11', tcp4),
      version_2('\x21', '\x41', tcp4),
      version_2('\x21', '\x13', tcp4),
      version_2('\x21', '\x11', tcp4.substr(1)),
      version_2('\x21', '\x21', tcp4),
  };
  for (const std::string& bytes : rows) EXPECT_FALSE(parse_proxy_header(bytes)) << bytes;
}

TEST(ProxyProtocol, NeverLooksPastTheLongestLine) {
  const std::string line = "PROXY UNKNOWN " + std::string(91, 'x');  // 105 bytes
  EXPECT_TRUE(parse_proxy_header(line + "\r\n").value());
  EXPECT_FALSE(parse_proxy_header(line + "x\r\n"));
}

}  // namespace
}  // namespace tonearm::server
