#include "source/request_start.h"

#include <gtest/gtest.h>

#include <string>

namespace tonearm::source {
namespace {

std::string start_of(const std::string& url) {
  RequestStarts starts;
  const auto start = starts.of(parse_origin_url(url).value());
  return start ? start->line_and_host : "(none)";
}

// RFC 9112 §3.2.1, §3.2.
TEST(RequestStart, NamesTargetAndHost) {
  EXPECT_EQ(start_of("http://origin:8000/a%20b/../c?d=%2F"),
            "GET /a%20b/../c?d=%2F HTTP/1.1\r\nHost: origin:8000\r\n");
  EXPECT_EQ(start_of("http://origin"), "GET / HTTP/1.1\r\nHost: origin\r\n");
  EXPECT_EQ(start_of("http://origin?a"), "GET /?a HTTP/1.1\r\nHost: origin\r\n");
  EXPECT_EQ(start_of("http://[::1]:81/a?"), "GET /a? HTTP/1.1\r\nHost: [::1]:81\r\n");
}

// RFC 9110 §4.2: without the scheme's own port.
TEST(RequestStart, NamesThePortWhereItIsNotTheSchemesOwn) {
  EXPECT_EQ(start_of("http://origin:80/"), "GET / HTTP/1.1\r\nHost: origin\r\n");
  EXPECT_EQ(start_of("https://origin:443/"), "GET / HTTP/1.1\r\nHost: origin\r\n");
  EXPECT_EQ(start_of("https://origin:80/"), "GET / HTTP/1.1\r\nHost: origin:80\r\n");
}

// RFC 7617 §2.
TEST(RequestStart, SendsTheUserOfAUrl) {
  RequestStarts starts;
  const auto start = starts.of(parse_origin_url("http://Aladdin:open%20sesame@origin/").value());
  ASSERT_TRUE(start);
  EXPECT_EQ(start->line_and_host, "GET / HTTP/1.1\r\nHost: origin\r\n");
  EXPECT_EQ(start->authorization, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n");
  const auto user = starts.of(parse_origin_url("http://u@origin/").value());
  EXPECT_EQ(user->authorization, "Authorization: Basic dTo=\r\n");
  EXPECT_EQ(starts.of(parse_origin_url("http://origin/").value())->authorization, "");
  const auto odd = starts.of(parse_origin_url("http://%C3%BC:a%09b:c@origin/").value());
  EXPECT_EQ(odd->authorization, "Authorization: Basic w7w6YQliOmM=\r\n");
}

TEST(RequestStart, IsMadeOnce) {
  RequestStarts starts;
  const OriginUrl url = parse_origin_url("http://origin/a").value();
  const auto first = starts.of(url);
  EXPECT_EQ(starts.of(url), first);
  EXPECT_NE(starts.of(parse_origin_url("http://origin/A").value()), first);
}

TEST(RequestStart, IsNoneOfWhatLibcurlRefuses) {
  RequestStarts starts;
  OriginUrl url;
  url.text = "http://origin:123456/";
  EXPECT_FALSE(starts.of(url));
}

}  // namespace
}  // namespace tonearm::source
