#include "tonearm/http/url.h"

#include <gtest/gtest.h>

namespace tonearm::http {
namespace {

struct Parts {
  const char* url;
  const char* host;
  const char* port;
  const char* path;
};
void PrintTo(const Parts& parts, std::ostream* out) { *out << parts.url; }
class UrlParts : public testing::TestWithParam<Parts> {};
TEST_P(UrlParts, AreThoseOfTheStandard) {  // RFC 3986 §3
  const auto url = parse_url(GetParam().url);
  ASSERT_TRUE(url);
  EXPECT_EQ(url->authority.host, GetParam().host);
  EXPECT_EQ(url->authority.port, GetParam().port);
  EXPECT_EQ(url->path, GetParam().path);
}
// Names that begin with an IPv4 address are names.
INSTANTIATE_TEST_SUITE_P(
    All, UrlParts,
    testing::Values(Parts{"http://a.example/b", "a.example", "", "/b"},
                    Parts{"http://10.0.0.1/b", "10.0.0.1", "", "/b"},
                    Parts{"http://10.0.0.1:81/b", "10.0.0.1", "81", "/b"},
                    Parts{"http://10.0.0.1.example/b", "10.0.0.1.example", "", "/b"},
                    Parts{"http://10.0.0.1.example:81/b", "10.0.0.1.example", "81", "/b"},
                    Parts{"http://10.0.0.5-nas.lan:81", "10.0.0.5-nas.lan", "81", ""},
                    Parts{"http://127.0.0.1evil/", "127.0.0.1evil", "", "/"},
                    Parts{"http://1.2.3.4.5/", "1.2.3.4.5", "", "/"},
                    Parts{"http://1.2.3.4./", "1.2.3.4.", "", "/"},
                    Parts{"http://1.2.3.4%2e/", "1.2.3.4%2e", "", "/"},
                    Parts{"http://u@1.2.3.4.e:5?q", "1.2.3.4.e", "5", ""},
                    Parts{"http://[::1]:81/b", "[::1]", "81", "/b"},
                    Parts{"http://[::1]/b", "[::1]", "", "/b"}, Parts{"http://a:/b", "a", "", "/b"},
                    Parts{"http:///b", "", "", "/b"}, Parts{"http://a#//b", "a", "", ""},
                    Parts{"http://a?//b", "a", "", ""}));

TEST(Url, HoldsAllOfIt) {
  const auto url = parse_url("HTTP://u:p%40@A.example:80/b%20c?d=//e?f#g");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "http");
  EXPECT_EQ(url->authority.userinfo, "u:p%40");
  EXPECT_EQ(url->query, "d=//e?f");
  EXPECT_EQ(to_string(*url), "http://u:p%40@A.example:80/b%20c?d=//e?f");
  EXPECT_FALSE(parse_url("http://a/")->authority.userinfo);
  EXPECT_FALSE(parse_url("http://a/")->query);
  EXPECT_EQ(parse_url("http://a/?#b")->query, "");
}

TEST(Url, IsRefusedWhereItIsNone) {
  for (const char* text : {"",
                           "a/b",
                           "//a/b",
                           "/a",
                           "http:a",
                           "http:/a",
                           "1http://a/",
                           "http://a b/",
                           "http://a/ ",
                           "http://a:b/",
                           "http://a:1:2/",
                           "http://a@b@c/",
                           "http://[::1/",
                           "http://[::1]x/",
                           "http://[1.2.3.4]/",
                           "http://[::g]/",
                           "http://::1/",
                           "http://a\\b/",
                           "http://a<b/",
                           "http://a/%zz",
                           "http://a%/",
                           "http://u<@a/",
                           "http://h:1&:/x",
                           "http://1.2.3.4:5.e/x"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

struct Reference {
  const char* base;
  const char* reference;
  const char* target;
};
void PrintTo(const Reference& of, std::ostream* out) { *out << of.base << ' ' << of.reference; }
class Resolved : public testing::TestWithParam<Reference> {};
TEST_P(Resolved, LeadsWhereTheStandardSays) {  // RFC 3986 §5.4
  const auto target = resolve(parse_url(GetParam().base).value(), GetParam().reference);
  ASSERT_TRUE(target);
  EXPECT_EQ(to_string(*target), GetParam().target);
}
constexpr const char* base = "http://u@a.example:8/b/c/d;p?q";
constexpr const char* numbers = "http://10.0.0.1.example:8/b/c";
INSTANTIATE_TEST_SUITE_P(
    All, Resolved,
    testing::Values(
        Reference{base, "g", "http://u@a.example:8/b/c/g"},
        Reference{base, "/g?y#s", "http://u@a.example:8/g?y"},
        Reference{base, "?y", "http://u@a.example:8/b/c/d;p?y"}, Reference{base, "", base},
        Reference{base, "../../../g", "http://u@a.example:8/g"},
        Reference{base, "/..", "http://u@a.example:8/"}, Reference{base, "//g/h", "http://g/h"},
        Reference{base, "//10.0.0.1.example:9/h", "http://10.0.0.1.example:9/h"},
        Reference{base, "https://v@g/x/../h", "https://v@g/h"},
        Reference{base, "g//h", "http://u@a.example:8/b/c/g//h"},
        Reference{base, "/a%2Fb%2B..%2Fc", "http://u@a.example:8/a%2Fb%2B..%2Fc"},
        Reference{base, "./g%2F../h/.", "http://u@a.example:8/b/c/g%2F../h/"},
        Reference{"http://h/x%2Fy/r?s", "z", "http://h/x%2Fy/z"},
        Reference{"http://h?s", "z", "http://h/z"}, Reference{"http://h", "?t", "http://h?t"},
        Reference{base, ".", "http://u@a.example:8/b/c/"},
        Reference{base, "..", "http://u@a.example:8/b/"},
        Reference{base, "/a//../b/./c", "http://u@a.example:8/a/b/c"},
        Reference{numbers, "g", "http://10.0.0.1.example:8/b/g"},
        Reference{numbers, "/g", "http://10.0.0.1.example:8/g"},
        Reference{numbers, "//h/", "http://h/"}));

TEST(Resolve, RefusesWhatIsNoReference) {
  const Url from = parse_url(base).value();
  for (const char* text : {"//a b/", "http://a b/", " g", "http://a:b/", "//u@v@w/"}) {
    EXPECT_FALSE(resolve(from, text)) << text;
  }
  EXPECT_EQ(resolve(from, "mailto:x@y")->authority.host, "");
}

}  // namespace
}  // namespace tonearm::http
