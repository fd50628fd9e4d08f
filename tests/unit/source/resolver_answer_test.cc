#include "source/resolver_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tonearm::source {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string url_of(std::string_view output) {
  const Result<ResolverAnswer> answer = read_resolver_answer(output);
  return answer ? answer->url.text : "error: " + answer.error().detail;
}

std::string type_of(std::string_view output) {
  const Result<ResolverAnswer> answer = read_resolver_answer(output);
  return answer ? answer->content_type : "error: " + answer.error().detail;
}

bool is_refused(std::string_view output) {
  const Result<ResolverAnswer> answer = read_resolver_answer(output);
  return !answer && answer.error().kind == ErrorKind::resolver_failed;
}

TEST(ResolverText, TheFirstLineThatIsAUrlCounts) {
  EXPECT_EQ(url_of("http://a.example/x.mp3\n"), "http://a.example/x.mp3");
  EXPECT_EQ(url_of("\r\n  \nhttps://a.example/x?y=%20z\r\nhttps://b.example/\n"),
            "https://a.example/x?y=%20z");
  EXPECT_EQ(url_of("Looking it up: one moment\nhttp://a.example/x"), "http://a.example/x");
  EXPECT_EQ(url_of("\xEF\xBB\xBFhttp://a.example/"), "http://a.example/");
}

TEST(ResolverText, WhatAUrlCannotHoldIsEncoded) {
  EXPECT_EQ(url_of("http://a.example/a b\xC3\xA9|c.mp3"), "http://a.example/a%20b%C3%A9%7Cc.mp3");
}

TEST(ResolverText, OnlyHttpAndHttpsAreTaken) {
  EXPECT_TRUE(is_refused("file:///etc/passwd\n"));
  EXPECT_TRUE(is_refused("file:///etc/passwd\nhttp://a.example/\n")) << "not skipped: refused";
  EXPECT_TRUE(is_refused("ftp://a.example/x"));
  EXPECT_TRUE(is_refused("gopher://a.example/x"));
}

TEST(ResolverText, WhatIsNoAnswerIsRefused) {
  EXPECT_TRUE(is_refused(""));
  EXPECT_TRUE(is_refused(" \n\n"));
  EXPECT_TRUE(is_refused("no such video"));
  EXPECT_TRUE(is_refused("http://"));
  EXPECT_TRUE(is_refused("http:///x"));
  EXPECT_TRUE(is_refused(std::string("http://a.example/\0x", 19)));
  EXPECT_TRUE(is_refused("http://a.example/\x7f"));
  EXPECT_TRUE(is_refused("http://a.example/" + std::string(20'000, 'x')));
  EXPECT_TRUE(is_refused("<html>https://a.example/</html>"));
}

TEST(ResolverJson, TheUrlIsOnTopOrInTheFirstDownload) {
  EXPECT_EQ(url_of(R"({"url": "http://a.example/1"})"), "http://a.example/1");
  EXPECT_EQ(url_of(R"({"requested_downloads": [{"url": "http://a.example/2"}]})"),
            "http://a.example/2");
  EXPECT_EQ(url_of("\n {\"url\": \"http://a.example/1\"}\n{\"url\": \"http://a.example/2\"}\n"),
            "http://a.example/1");
}

TEST(ResolverJson, BeginsAtTheFirstLineThatOpensAnObject) {
  EXPECT_EQ(url_of("WARNING: {old} version\n{\"url\": \"http://a.example/1\"}\n"),
            "http://a.example/1");
  EXPECT_EQ(url_of("One moment\r\n  {\r\n\"url\":\r\n\"http://a.example/1\"}\r\n"),
            "http://a.example/1");
  EXPECT_EQ(url_of("http://a.example/2\n{\"url\": \"http://a.example/1\"}\n"),
            "http://a.example/2");
  EXPECT_TRUE(is_refused("WARNING: something\n{\"url\": "));
}

TEST(ResolverJson, OfFormatsTheChosenOneElseTheBestWithSoundAlone) {
  constexpr const char* formats = R"(, "formats": [
      {"url": "http://a.example/low", "format_id": "1", "acodec": "mp4a", "vcodec": "none"},
      {"url": "http://a.example/high", "format_id": "2", "acodec": "opus", "vcodec": "none"},
      {"url": "http://a.example/both", "format_id": "3", "acodec": "opus", "vcodec": "vp9"},
      {"url": "http://a.example/silent", "format_id": "4", "acodec": "none", "vcodec": "vp9"}]})";
  EXPECT_EQ(url_of(R"({"format_id": "3")" + std::string(formats)), "http://a.example/both");
  EXPECT_EQ(url_of(R"({"x": 1)" + std::string(formats)), "http://a.example/high");
}

TEST(ResolverJson, OfMergedFormatsTheSound) {
  EXPECT_EQ(url_of(R"({"requested_formats": [
      {"url": "http://a.example/v", "acodec": "none", "vcodec": "vp9"},
      {"url": "http://a.example/a", "acodec": "opus", "vcodec": "none"}]})"),
            "http://a.example/a");
}

TEST(ResolverJson, OfAListTheFirst) {
  EXPECT_EQ(url_of(R"({"_type": "playlist", "entries": [null, {"url": "http://a.example/1"},
                       {"url": "http://a.example/2"}]})"),
            "http://a.example/1");
}

TEST(ResolverJson, AListOfPiecesIsNotOneFile) {
  const auto answer = read_resolver_answer(
      R"({"url": "https://a.example/x.m3u8", "protocol": "m3u8_native", "ext": "mp4"})");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().detail, HasSubstr("HLS"));
  EXPECT_EQ(url_of(R"({"url": "https://a.example/x.m3u8", "protocol": "m3u8_native",
      "formats": [{"url": "http://a.example/x.mp3", "protocol": "http"}]})"),
            "http://a.example/x.mp3");
}

TEST(ResolverJson, APageIsNotMedia) {
  constexpr const char* page = R"({"_type": "url", "url": "http://a.example/watch"})";
  EXPECT_THAT(url_of(page), HasSubstr("--flat-playlist"));
  EXPECT_THAT(url_of(R"({"_type": "url_transparent", "url": "http://a.example/watch"})"),
              HasSubstr("a page and not media"));
  EXPECT_THAT(url_of(R"({"_type": "playlist", "entries": [null, )" + std::string(page) +
                     R"(, {"url": "http://a.example/another_song"}]})"),
              HasSubstr("a page and not media"));
  EXPECT_EQ(url_of(R"({"_type": "video", "url": "http://a.example/1"})"), "http://a.example/1");
}

TEST(ResolverJson, AListWithoutASongSaysSo) {
  EXPECT_THAT(url_of(R"({"_type": "playlist", "entries": []})"), HasSubstr("without a song"));
  EXPECT_THAT(url_of(R"({"_type": "playlist", "entries": [null]})"), HasSubstr("without a song"));
  EXPECT_THAT(url_of(R"({"_type": "playlist", "entries": [{"_type": "playlist", "entries": [
                         {"url": "http://a.example/1"}]}]})"),
              HasSubstr("a list of lists"));
}

TEST(ResolverJson, FieldsGoAlongButForThoseThatAreOurs) {
  const auto answer = read_resolver_answer(R"({"url": "http://a.example/", "http_headers": {
      "User-Agent": "Mozilla/5.0", "Referer": "http://page.example/", "Cookie": "a=b",
      "Host": "other.example", "Range": "bytes=0-", "Accept-Encoding": "gzip", "If-Range": "x",
      "Connection": "close", "Transfer-Encoding": "chunked", "Proxy-Authorization": "x",
      "content-length": "3", "Number": 1}})");
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->headers,
              ElementsAre(Pair("User-Agent", "Mozilla/5.0"),
                          Pair("Referer", "http://page.example/"), Pair("Cookie", "a=b")));
}

TEST(ResolverJson, FieldsOfTheChosenFormatBeatThoseOnTop) {
  const auto answer = read_resolver_answer(R"({"http_headers": {"A": "top"}, "requested_downloads":
      [{"url": "http://a.example/", "http_headers": {"A": "download"}}]})");
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->headers, ElementsAre(Pair("A", "download")));
}

TEST(ResolverJson, CookiesGoAlongInAField) {
  const auto fields = [](const std::string& members) {
    const auto answer = read_resolver_answer(R"({"url": "https://a.example/", )" + members + "}");
    return answer ? answer->headers : decltype(answer->headers){{"error", answer.error().detail}};
  };
  EXPECT_THAT(fields(R"("http_headers": {"A": "b"}, "cookies": "sid=\"x=\"; Domain=.a.example; )"
                     "Path=/; Secure; o=2; Domain=o.example; t=1; Domain=a.example\""),
              ElementsAre(Pair("A", "b"), Pair("Cookie", "sid=x=; t=1")));
  EXPECT_THAT(fields(R"("cookies": "sid=1; Domain=o.example")"), ElementsAre());
  EXPECT_THAT(fields(R"("cookies": ["sid=1; Domain=a.example"])"), ElementsAre());
  EXPECT_THAT(fields(R"("http_headers": {"cookie": "a=b"}, "cookies": "sid=1; Domain=a.example")"),
              ElementsAre(Pair("cookie", "a=b")));
  const std::string long_name(20'000, 'x');
  EXPECT_THAT(fields("\"cookies\": \"" + long_name + "=1; Domain=a.example\""),
              ElementsAre(Pair("error", HasSubstr("too many cookies"))));
}

TEST(ResolverJson, CookiesOfTheChosenFormatBeatThoseOnTop) {
  const auto cookies_of = [](const std::string& members) {
    return read_resolver_answer(R"({"cookies": "a=top; Domain=a.example", "formats": [
        {"url": "http://a.example/")" +
                                members + "}]}")
        ->headers;
  };
  EXPECT_THAT(cookies_of(R"(, "cookies": "a=format; Domain=a.example")"),
              ElementsAre(Pair("Cookie", "a=format")));
  EXPECT_THAT(cookies_of(""), ElementsAre(Pair("Cookie", "a=top")));
}

TEST(ResolverJson, AFieldThatWouldBreakTheHeadIsRefused) {  // RFC 9110 §5.5
  EXPECT_TRUE(is_refused(R"({"url": "http://a.example/", "http_headers": {"A": "b\r\nX: y"}})"));
  EXPECT_TRUE(is_refused(R"({"url": "http://a.example/", "http_headers": {"A": "b\u0000"}})"));
  EXPECT_TRUE(is_refused(R"({"url": "http://a.example/", "http_headers": {"A\r\nX": "y"}})"));
  EXPECT_TRUE(is_refused(R"({"url": "http://a.example/", "http_headers": {"A: b\nX": "y"}})"));
  EXPECT_TRUE(is_refused(R"({"url": "http://a.example/", "http_headers": {"": "y"}})"));
  EXPECT_TRUE(is_refused(R"({"url": "http://a.example/", "http_headers": {"A": ")" +
                         std::string(20'000, 'x') + "\"}}"));
}

TEST(ResolverJson, TheTypeComesFromContainerAndCodecs) {
  const auto type = [](const std::string& members) {
    return type_of(R"({"url": "http://a.example/", )" + members + "}");
  };
  EXPECT_EQ(type(R"("ext": "mp3")"), "audio/mpeg");
  EXPECT_EQ(type(R"("ext": "m4a", "vcodec": "none")"), "audio/mp4");
  EXPECT_EQ(type(R"("ext": "webm", "vcodec": "none", "acodec": "opus")"), "audio/webm");
  EXPECT_EQ(type(R"("ext": "webm", "vcodec": "vp9", "acodec": "opus")"), "video/webm");
  EXPECT_EQ(type(R"("ext": "mp4")"), "video/mp4");
  EXPECT_EQ(type(R"("ext": "unknown_video")"), "");
  EXPECT_EQ(type(R"("ext": "html")"), "");
  EXPECT_EQ(type(R"("title": "no ext")"), "");
}

TEST(ResolverJson, WhatIsNoAnswerIsRefused) {
  EXPECT_TRUE(is_refused("{"));
  EXPECT_TRUE(is_refused("{}"));
  EXPECT_TRUE(is_refused("null"));
  EXPECT_TRUE(is_refused(R"(["http://a.example/"])"));
  EXPECT_TRUE(is_refused(R"({"url": 1})"));
  EXPECT_TRUE(is_refused(R"({"url": ""})"));
  EXPECT_TRUE(is_refused(R"({"url": "file:///etc/passwd"})"));
  EXPECT_TRUE(is_refused(R"({"url": "/relative"})"));
  EXPECT_TRUE(is_refused(R"({"url": "http://a.example/\r\nX: y"})"));
  EXPECT_TRUE(is_refused(R"({"url": "http://a.example/")")) << "cut off";
  EXPECT_TRUE(is_refused(R"({"a": )" + std::string(100'000, '[')));
  EXPECT_TRUE(is_refused(R"({"entries": []})"));
  EXPECT_TRUE(is_refused(R"({"entries": 3, "formats": {}, "requested_downloads": [1]})"));
}

}  // namespace
}  // namespace tonearm::source
