#include "tonearm/http/target.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tonearm::http {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

TEST(ParseTarget, DecodesThePathOnce) {
  struct Row {
    std::string target;
    std::string path;
  };
  for (const Row& row : std::vector<Row>{
           {"/", "/"},
           {"/songs/listen/a%20b", "/songs/listen/a b"},
           {"/%41%c3%A4", "/A\xC3\xA4"},
           {"/a%2Fb", "/a/b"},
           {"/a%252Fb", "/a%2Fb"},
           {"/a+b", "/a+b"},
           {"/a:b@c;d,e=f!$&'()*~", "/a:b@c;d,e=f!$&'()*~"},
           {"/../x/./y", "/../x/./y"},
           {"/%2e%2e/x", "/../x"},
           {"//h/x", "//h/x"},
           {"/a%0D%0Ab", "/a\r\nb"},
       }) {
    const auto target = parse_target(row.target);
    ASSERT_TRUE(target) << row.target << ": " << target.error().detail;
    EXPECT_EQ(target->path, row.path);
    EXPECT_TRUE(target->query.empty()) << row.target;
  }
}

TEST(ParseTarget, DecodesTheQueryInOrder) {
  struct Row {
    std::string target;
    Query query;
  };
  for (const Row& row : std::vector<Row>{
           {"/x?pos=1.5", {{"pos", "1.5"}}},
           {"/x?b=1&a=2&b=3", {{"b", "1"}, {"a", "2"}, {"b", "3"}}},
           {"/x?q=two+words%2B", {{"q", "two words+"}}},
           {"/x?a%26b=c%3Dd", {{"a&b", "c=d"}}},
           {"/x?a=b=c", {{"a", "b=c"}}},
           {"/x?flag&empty=", {{"flag", ""}, {"empty", ""}}},
           {"/x?u=http://h/?y", {{"u", "http://h/?y"}}},
           // what browsers and curl leave as it is
           {"/x?q=[live]", {{"q", "[live]"}}},
           {"/x?q=a|b^{c}`\"<>\\", {{"q", "a|b^{c}`\"<>\\"}}},
           {"/x?q=100%&r=%zz%4", {{"q", "100%"}, {"r", "%zz%4"}}},
           {"/x?q=%%20", {{"q", "% "}}},
       }) {
    const auto target = parse_target(row.target);
    ASSERT_TRUE(target) << row.target << ": " << target.error().detail;
    EXPECT_EQ(target->path, "/x");
    EXPECT_EQ(target->query, row.query) << row.target;
  }
}

TEST(ParseTarget, AcceptsAbsoluteForm) {  // RFC 9112 §3.2.2
  const auto target = parse_target("http://h:8005/songs/1?pos=2");
  ASSERT_TRUE(target) << target.error().detail;
  EXPECT_EQ(target->path, "/songs/1");
  EXPECT_EQ(target->query, (Query{{"pos", "2"}}));
  EXPECT_EQ(parse_target("HTTPS://[::1]/x")->path, "/x");
  EXPECT_EQ(parse_target("http://h")->path, "/");  // RFC 9110 §4.2.3
  EXPECT_EQ(parse_target("http://h?a=b")->path, "/");
  EXPECT_EQ(target->authority, "h:8005");
  EXPECT_EQ(parse_target("/songs/1")->authority, "");
}

TEST(ParseTarget, AcceptsAsteriskForm) {  // RFC 9112 §3.2.4
  const auto target = parse_target("*");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "*");
}

TEST(ParseTarget, RefusesWhatIsNoTarget) {
  for (const std::string text :
       {"", "x", "*x", "?a=b", "h:80", "/a b", "/a#b", "/a\"b", "/<a>", "/a\\b", "/\x80", "/a\n",
        // RFC 3986 §2.1: malformed escapes
        "/%", "/%4", "/%4g", "/%%20", "/[a]", "/a?b#c",
        // RFC 9110 §4.2.1: an http URL has a host
        "http://", "http:/x", "http:x", "http:", "http://:80/x",
        // RFC 9110 §4.2.4: and no user
        "http://user@h/x", "http://user:password@h/x", "http://@h/x",
        // not ours to serve
        "ftp://h/x", "file:///x", "javascript:x"}) {
    const auto target = parse_target(text);
    ASSERT_FALSE(target) << text << " was read as " << target->path;
    EXPECT_EQ(target.error().kind, ErrorKind::bad_request) << text;
    EXPECT_FALSE(target.error().detail.empty()) << text;
  }
}

TEST(ParseTarget, RefusesNulWhereverItIsHidden) {
  for (const std::string text : {"/a%00", "/a?b%00=c", "/a?b=%00", "http://h/%00"}) {
    const auto target = parse_target(text);
    ASSERT_FALSE(target) << text;
    EXPECT_EQ(target.error().kind, ErrorKind::bad_request) << text;
  }
  EXPECT_EQ(parse_target("/a%2500")->path, "/a%00");
}

TEST(Target, GivesTheFirstParameterOfAName) {
  const auto target = parse_target("/x?a=1&b&a=2");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->parameter("a"), "1");
  EXPECT_EQ(target->parameter("b"), "");
  EXPECT_FALSE(target->parameter("A"));
  EXPECT_FALSE(target->parameter("c"));
}

TEST(IsSongId, Takes1To128UnreservedCharacters) {
  EXPECT_TRUE(is_song_id("1"));
  EXPECT_TRUE(is_song_id("AZaz09._~-"));
  EXPECT_TRUE(is_song_id("..."));
  EXPECT_TRUE(is_song_id(".a"));
  EXPECT_TRUE(is_song_id(std::string(128, 'x')));
  EXPECT_FALSE(is_song_id(std::string(129, 'x')));
  for (const std::string id : {"", ".", "..", "a b", "a/b", "a%20", "a:b", "\xC3\xA4", "a\n"}) {
    EXPECT_FALSE(is_song_id(id)) << id;
  }
  EXPECT_FALSE(is_song_id(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace tonearm::http
