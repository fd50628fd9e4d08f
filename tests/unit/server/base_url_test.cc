#include "server/base_url.h"

#include <gtest/gtest.h>

namespace tonearm::server {
namespace {

struct UrlRow {
  const char* fields;
  bool trusted;
  const char* expected;
};

std::string base_of(const UrlRow& row, const std::string& public_url = {}) {
  const std::string text = "GET / HTTP/1.1\r\n" + std::string(row.fields) + "\r\n";
  const auto head = http::parse_request_head(text);
  const std::vector<std::string> block{"10.0.0.0/8"};
  const TrustedProxies proxies = TrustedProxies::parse(block).value();
  return head ? base_url(*head, {}, row.trusted ? &proxies : nullptr, public_url) : "no head";
}

TEST(BaseUrl, IsWhatTheRequestSays) {
  const UrlRow rows[] = {
      {"Host: h:8005\r\n", false, "http://h:8005"},
      {"Host: [::1]:8005\r\n", false, "http://[::1]:8005"},
      {"Host: h\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n", false, "http://h"},
      {"Host: h\r\nX-Forwarded-Proto: https\r\n", true, "https://h"},
      {"Host: h\r\nX-Forwarded-Host: m.example:444\r\n", true, "http://m.example:444"},
      {"Host: h\r\nX-Forwarded-Host: forged, m.example\r\n", true, "http://m.example"},
      {"Host: h\r\nX-Forwarded-Host: forged\r\nX-Forwarded-Host: m.example\r\n", true,
       "http://m.example"},
      {"Host: h\r\nX-Forwarded-Prefix: /radio/\r\n", true, "http://h/radio"},
      {"Host: h\r\nX-Forwarded-Prefix: //evil\r\n", true, "http://h"},
      {"Host: h\r\nX-Forwarded-Prefix: radio\r\n", true, "http://h"},
      {"Host: h\r\nX-Forwarded-Prefix: /a\"b\r\n", true, "http://h"},
      {"Host: h\r\nX-Forwarded-Proto: javascript\r\n", true, "http://h"},
      {"Host: h\r\nX-Forwarded-Host: a/b\r\n", true, "http://h"},
      {"Host: h\r\nX-Forwarded-Host: u@a\r\n", true, "http://h"},
      // RFC 7239 §4
      {"Host: h\r\nForwarded: for=1.1.1.1;proto=https;host=\"m.example:8443\"\r\n", true,
       "https://m.example:8443"},
      {"Host: h\r\nForwarded: for=1.1.1.1;host=b\r\n", false, "http://h"},
      {"Host: h\r\nForwarded: host=a, For=\"[::1]\" ; HOST=b\r\n", true, "http://b"},
      {"Host: h\r\nForwarded: for=\"x,y\";host=b\r\n", true, "http://b"},
      {"Host: h\r\nForwarded: host=b\r\nX-Forwarded-Host: c\r\n", true, "http://b"},
  };
  for (const UrlRow& row : rows) EXPECT_EQ(base_of(row), row.expected) << row.fields;
}

// What the farthest of the proxies that are trusted says, which is what the client asked for.
TEST(BaseUrl, ComesWithTheClientOfForwarded) {
  const UrlRow rows[] = {
      {"for=1.1.1.1;proto=https;host=m.example, for=10.0.0.1;proto=http;host=inner", true,
       "https://m.example"},
      {"for=1.1.1.1;proto=https;host=m.example, for=10.0.0.1", true, "https://m.example"},
      {"for=9.9.9.9;host=forged, for=1.1.1.1;proto=https;host=m.example, for=10.0.0.1", true,
       "https://m.example"},
      {"for=9.9.9.9;host=forged, for=1.1.1.1, for=10.0.0.1;host=inner", true, "http://h"},
      {"for=10.0.0.2;host=m.example, for=10.0.0.1;host=inner", true, "http://m.example"},
      {"for=9.9.9.9;host=forged, for=unknown;host=m.example, for=10.0.0.1;host=inner", true,
       "http://m.example"},
      {"for=9.9.9.9;host=forged, proto=https;host=m.example", true, "https://m.example"},
      {"for=1.1.1.1;host=m.example\r\nForwarded: for=10.0.0.1", true, "http://m.example"},
      {"for=9.9.9.9;host=forged\r\nForwarded: host=\"", true, "http://h"},
  };
  for (const UrlRow& row : rows) {
    const std::string fields = "Host: h\r\nForwarded: " + std::string(row.fields) + "\r\n";
    EXPECT_EQ(base_of({fields.c_str(), row.trusted, {}}), row.expected) << row.fields;
  }
}

TEST(BaseUrl, PublicUrlWins) {
  const UrlRow row{"Host: h\r\nX-Forwarded-Host: c\r\n", true, ""};
  EXPECT_EQ(base_of(row, "https://music.example"), "https://music.example");
  EXPECT_EQ(base_of(row, "https://music.example/radio/"), "https://music.example/radio");
}

TEST(BaseUrl, WithoutAHostIsThePrefix) {
  const auto head = http::parse_request_head("GET / HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(base_url(*head, {}, nullptr, {}), "");
  EXPECT_EQ(base_url(*head, "pub.example", nullptr, {}), "http://pub.example");  // RFC 9112 §3.2.2
}

}  // namespace
}  // namespace tonearm::server
