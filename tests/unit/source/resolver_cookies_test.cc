#include "source/resolver_cookies.h"

#include <gtest/gtest.h>

#include <array>

namespace tonearm::source {
namespace {

struct CookieCase {
  const char* url;
  const char* said;
  const char* sent;
};

class ResolverCookies : public testing::Test {
 protected:
  static std::string sent_to(std::string_view url, std::string_view said) {
    return cookies_for(parse_origin_url(url).value(), said);
  }
  template <std::size_t N>
  static void check(const std::array<CookieCase, N>& cases) {
    for (const auto& [url, said, sent] : cases) EXPECT_EQ(sent_to(url, said), sent) << said;
  }
};

TEST_F(ResolverCookies, AttributesFollowEachCookie) {
  constexpr const char* url = "https://a.example/v/x?y=/z";
  constexpr std::array<CookieCase, 9> cases{{
      {url, "", ""},
      {url, "sid=1; Domain=.a.example; Path=/; Secure; Expires=1800000000", "sid=1"},
      {url, "a=1; Domain=a.example; Path=/; b=2; Domain=a.example; Path=/; Version=1", "a=1; b=2"},
      {url, "a=1;DOMAIN=a.example;path=/;SECURE", "a=1"},
      {url, "a=1; Domain=a.example; Expires=Wed, 21 Oct 2037 07:28:00 GMT; SameSite=None", "a=1"},
      {url, "a=; Domain=a.example; b=x=y; Domain=a.example", "a=; b=x=y"},
      {url, "Secure; Domain=a.example; a=1; Domain=a.example; ; Partitioned; =2; Domain=a.example",
       "a=1"},
      {url, "a=1; Domain=a.example; Path=/; a=2; Domain=a.example; Path=/v", "a=2; a=1"},
      {url, "sid=1; Path=/", ""},
  }};
  check(cases);
}

TEST_F(ResolverCookies, DomainsMatchHosts) {  // RFC 6265 §5.1.3
  constexpr std::array<CookieCase, 12> cases{{
      {"http://a.example/", "a=1; Domain=a.example", "a=1"},
      {"http://A.Example:8080/", "a=1; Domain=.A.EXAMPLE", "a=1"},
      {"http://cdn.a.example/", "a=1; Domain=.a.example", "a=1"},
      {"http://a.example/", "a=1; Domain=cdn.a.example", ""},
      {"http://nota.example/", "a=1; Domain=a.example", ""},
      {"http://a.example/", "a=1; Domain=b.example", ""},
      {"http://a.example/", "a=1; Domain=", ""},
      {"http://a.example/", "a=1; Domain=.", ""},
      {"http://127.0.0.1/", "a=1; Domain=127.0.0.1", "a=1"},
      {"http://127.0.0.1/", "a=1; Domain=.0.0.1", ""},
      {"http://[::1]/", "a=1; Domain=[::1]", "a=1"},
      {"http://media/", "a=1; Domain=media.local; b=2; Domain=.local", "a=1"},
  }};
  check(cases);
}

TEST_F(ResolverCookies, PathsMatch) {  // RFC 6265 §5.1.4
  constexpr std::array<CookieCase, 8> cases{{
      {"http://a.example", "a=1; Domain=a.example; Path=/", "a=1"},
      {"http://a.example/v", "a=1; Domain=a.example; Path=/v", "a=1"},
      {"http://a.example/v/x", "a=1; Domain=a.example; Path=/v", "a=1"},
      {"http://a.example/v/x", "a=1; Domain=a.example; Path=/v/", "a=1"},
      {"http://a.example/vx", "a=1; Domain=a.example; Path=/v", ""},
      {"http://a.example/", "a=1; Domain=a.example; Path=/v", ""},
      {"http://a.example/?x=/v", "a=1; Domain=a.example; Path=/v", ""},
      {"http://a.example/", "a=1; Domain=a.example; Path=v", "a=1"},
  }};
  check(cases);
}

TEST_F(ResolverCookies, SecureOnesGoToHttpsOnly) {
  constexpr const char* said = "a=1; Domain=a.example; Secure; b=2; Domain=a.example";
  EXPECT_EQ(sent_to("http://a.example/", said), "b=2");
  EXPECT_EQ(sent_to("https://a.example/", said), "a=1; b=2");
}

/// As SimpleCookie.value_encode() of Python writes them.
TEST_F(ResolverCookies, QuotedValuesAreWhatTheyWere) {
  const auto value = [](const std::string& quoted) {
    return sent_to("http://a.example/", "a=" + quoted + "; Domain=a.example");
  };
  EXPECT_EQ(value(R"("YWJj/w==")"), "a=YWJj/w==");
  EXPECT_EQ(value(R"("")"), "a=");
  EXPECT_EQ(value(R"("a\054b c")"), "a=a,b c");
  EXPECT_EQ(value(R"("\"x\"")"), "a=\"x\"");
  EXPECT_EQ(value(R"("\\054")"), "a=\\054");
  EXPECT_EQ(value(R"("\303\251")"), "a=\xC3\xA9");
  EXPECT_EQ(value(R"("\777")"), "a=777");
  EXPECT_EQ(value(R"("\05")"), "a=05");
  EXPECT_EQ(value(R"("\")"), "a=\\");
  EXPECT_EQ(value("\""), "a=\"");
  EXPECT_EQ(value("\"x"), "a=\"x");
}

TEST_F(ResolverCookies, WhatWouldBreakOutOfItsPlaceIsLeftOut) {
  constexpr const char* rest = "; Domain=a.example; z=1; Domain=a.example";
  for (const std::string cookie :
       {R"(a="b\073c")", R"(a="b\015\012X: y")", "a=b\r\nX: y", "a\nb=c", "a=\x7F"}) {
    EXPECT_EQ(sent_to("http://a.example/", cookie + rest), "z=1") << cookie;
  }
  EXPECT_EQ(sent_to("http://a.example/", std::string("a=\0; Domain=a.example", 21)), "");
}

}  // namespace
}  // namespace tonearm::source
