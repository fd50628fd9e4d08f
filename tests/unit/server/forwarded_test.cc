#include "server/forwarded.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>

namespace tonearm::server {
namespace {

using Lines = std::initializer_list<std::pair<std::string_view, std::string_view>>;

http::RequestHead head_of(Lines lines) {
  http::RequestHead head;
  for (const auto& [name, value] : lines)
    head.fields.push_back({http::field::unknown, name, value});
  return head;
}

std::string hops_of(Lines lines) {
  std::string text;
  for (const Hop& hop : read_forwarded(head_of(lines))) {
    text += hop.client ? to_text(hop.client) : hop.has_for ? "?" : "-";
    text += " ";
  }
  return text;
}
std::string hops_of(std::string_view line) { return hops_of({{"forwarded", line}}); }

TEST(Forwarded, SaysForWhom) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      // RFC 7239 §4, §6, §7.1
      {"for=192.0.2.43", "192.0.2.43 "},
      {"For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17 "},
      {"for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60 "},
      {"proto=http ; FOR=192.0.2.60", "192.0.2.60 "},
      {"for=192.0.2.43, for=198.51.100.17", "192.0.2.43 198.51.100.17 "},
      {"for=\"192.0.2.43:80\"", "192.0.2.43 "},
      {"for=192.0.2.43:80", "192.0.2.43 "},
      {"for=[2001:db8::1]", "2001:db8::1 "},
      {"for=unknown", "? "},
      {"for=\"_gazonk\"", "? "},
      {"for=_hidden, for=192.0.2.1", "? 192.0.2.1 "},
      {"for=\"[2001:db8::1%eth0]\"", "? "},
      {",, for=192.0.2.1 ,", "192.0.2.1 "},
      {"for=192.0.2.1;", "192.0.2.1 "},
      // A comma, a semicolon and a quote inside of quotes are no separators.
      {"host=\"a,for=1.1.1.1;b\\\"\";for=192.0.2.1", "192.0.2.1 "},
      {"for=192.0.2.1, proto=https", "192.0.2.1 - "},
      {"proto=https", "- "},
      {"", ""},
      // What breaks the grammar is one hop that does not say.
      {"for=\"192.0.2.1", "? "},
      {"for=1.1.1.1;for=2.2.2.2", "? "},
      {"for=1.1.1.1;host=a;host=b", "? "},
      {"for 192.0.2.1", "? "},
      {"for=", "? "},
      {"for=192.0.2.1 for=192.0.2.2", "? "},
      {"for=192.0.2.1\"", "? "},
  };
  for (const auto& [line, hops] : rows) EXPECT_EQ(hops_of(line), hops) << line;
}

TEST(Forwarded, SaysHowTheRequestCame) {
  const Hops hops = read_forwarded(
      head_of({{"Forwarded", "for=192.0.2.1;Proto=https;HOST=\"m.example:8443\", for=192.0.2.2"}}));
  ASSERT_EQ(hops.size(), 2U);
  EXPECT_EQ(hops[0].proto, "https");
  EXPECT_EQ(hops[0].host, "m.example:8443");
  EXPECT_EQ(hops[1].proto + hops[1].host, "");
}

TEST(Forwarded, SeveralLinesAreOneList) {
  EXPECT_EQ(hops_of({{"Forwarded", "for=192.0.2.1"}, {"X", "y"}, {"FORWARDED", "for=192.0.2.2"}}),
            "192.0.2.1 192.0.2.2 ");
  EXPECT_EQ(hops_of({{"Forwarded", "for=\""}, {"Forwarded", "for=192.0.2.2"}}), "? 192.0.2.2 ");
}

TEST(Forwarded, GoesBeforeXForwardedFor) {
  const auto trusted = TrustedProxies::parse(std::vector<std::string>{"10.0.0.0/8"}).value();
  const Address peer = boost::asio::ip::make_address("10.0.0.1");
  const auto client = [&](Lines lines) {
    return to_text(client_address(peer, head_of(lines), trusted));
  };
  EXPECT_EQ(client({{"X-Forwarded-For", "192.0.2.1"}, {"Forwarded", "for=192.0.2.2"}}),
            "192.0.2.2");
  EXPECT_EQ(client({{"X-Forwarded-For", "192.0.2.1"}, {"Forwarded", "proto=https"}}), "192.0.2.1");
  EXPECT_EQ(client({{"X-Forwarded-For", "192.0.2.1"}, {"Forwarded", "for=unknown"}}), "10.0.0.1");
  EXPECT_EQ(client({{"Forwarded", "for=1.1.1.1, for=192.0.2.2, for=10.0.0.3"}}), "192.0.2.2");
  EXPECT_EQ(client({{"Forwarded", "for=1.1.1.1, for=unknown, for=10.0.0.3"}}), "10.0.0.3");
}

}  // namespace
}  // namespace tonearm::server
