#include "source/upstream_head.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace tonearm::source {
namespace {

const http::HttpTime received = http::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").value();

UpstreamHead read(std::initializer_list<std::string> lines) {
  UpstreamHeadReader reader;
  for (const auto& line : lines) reader.line(line, received);
  EXPECT_TRUE(reader.line("\r\n", received));
  return reader.head();
}

TEST(UpstreamHead, TakesOnlyTheFieldsThatDecide) {
  const auto head =
      read({"HTTP/1.1 206 Partial Content\r\n", "Content-Range: bytes 0-9/100\r\n",
            "content-length:10 \r\n", "ETag: \"a\"\r\n", "Content-Type: audio/mpeg\r\n",
            "Set-Cookie: secret\r\n", "Location: /x\r\n", "Retry-After: 7\r\n"});
  EXPECT_EQ(head.status, 206U);
  EXPECT_EQ(head.content_length, 10U);
  ASSERT_TRUE(head.content_range);
  EXPECT_EQ(head.content_range->complete, 100U);
  EXPECT_TRUE(head.validators.has_strong_etag());
  EXPECT_EQ(head.content_type, "audio/mpeg");
  EXPECT_EQ(head.location, "/x");
  EXPECT_EQ(head.retry_after, std::chrono::seconds(7));
}

TEST(UpstreamHead, AnInterimAnswerIsForgotten) {  // RFC 9110 §15.2
  UpstreamHeadReader reader;
  reader.line("HTTP/1.1 103 Early Hints\r\n", received);
  reader.line("ETag: \"early\"\r\n", received);
  EXPECT_FALSE(reader.line("\r\n", received));
  reader.line("HTTP/1.1 200 OK\r\n", received);
  EXPECT_TRUE(reader.line("\r\n", received));
  EXPECT_EQ(reader.head().status, 200U);
  EXPECT_FALSE(reader.head().validators.etag);
}

TEST(UpstreamHead, NothingOfHttpFollowsSwitchedProtocols) {  // RFC 9110 §15.2.2
  EXPECT_EQ(read({"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket"}).status, 101U);
}

TEST(UpstreamHead, LastModifiedIsStrongASecondBeforeDate) {  // RFC 9110 §8.8.2.2
  const auto strong = read({"HTTP/1.1 200 OK", "Date: Sun, 06 Nov 1994 08:49:38 GMT",
                            "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"});
  EXPECT_TRUE(strong.validators.last_modified_is_strong);
  const auto same_second = read({"HTTP/1.1 200 OK", "Date: Sun, 06 Nov 1994 08:49:37 GMT",
                                 "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"});
  EXPECT_FALSE(same_second.validators.last_modified_is_strong);
}

TEST(UpstreamHead, WithoutADateTheTimeOfReceiptIsTheDate) {  // RFC 9110 §6.6.1
  const auto strong = read({"HTTP/1.1 200 OK", "Last-Modified: Sun, 06 Nov 1994 08:49:36 GMT"});
  EXPECT_TRUE(strong.validators.last_modified_is_strong);
  const auto no_date =
      read({"HTTP/1.1 200 OK", "Date: yesterday", "Last-Modified: Sun, 06 Nov 1994 08:49:36 GMT"});
  EXPECT_TRUE(no_date.validators.last_modified_is_strong);
  const auto same_second =
      read({"HTTP/1.1 200 OK", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"});
  EXPECT_FALSE(same_second.validators.last_modified_is_strong);
  const auto future = read({"HTTP/1.1 200 OK", "Last-Modified: Sun, 06 Nov 1994 09:49:37 GMT"});
  EXPECT_FALSE(future.validators.last_modified_is_strong);
}

TEST(UpstreamHead, ATransferCodingOverridesTheLength) {  // RFC 9112 §6.3
  EXPECT_FALSE(
      read({"HTTP/1.1 200 OK", "Content-Length: 9", "Transfer-Encoding: chunked"}).content_length);
  EXPECT_FALSE(
      read({"HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Content-Length: 9"}).content_length);
}

TEST(UpstreamHead, ContradictoryLengthsAreAmbiguous) {  // RFC 9112 §6.3
  EXPECT_TRUE(read({"HTTP/1.1 200 OK", "Content-Length: 1", "Content-Length: 2"}).ambiguous);
  EXPECT_TRUE(read({"HTTP/1.1 200 OK", "Content-Length: +1"}).ambiguous);
  EXPECT_TRUE(read({"HTTP/1.1 200 OK", "Content-Length: 99999999999999999999"}).ambiguous);
  EXPECT_FALSE(read({"HTTP/1.1 200 OK", "Content-Length: 1", "Content-Length: 1"}).ambiguous);
}

TEST(UpstreamHead, ASenselessContentRangeIsThereButEmpty) {
  const auto head = read({"HTTP/1.1 206 X", "Content-Range: bytes 9-0/100"});
  EXPECT_TRUE(head.has_content_range);
  EXPECT_FALSE(head.content_range);
}

TEST(UpstreamHead, OnlyIdentityIsNoEncoding) {
  EXPECT_TRUE(read({"HTTP/1.1 200 OK", "Content-Encoding: gzip"}).encoded);
  EXPECT_TRUE(
      read({"HTTP/1.1 200 OK", "Content-Encoding: gzip", "Content-Encoding: identity"}).encoded);
  EXPECT_FALSE(read({"HTTP/1.1 200 OK", "Content-Encoding: Identity"}).encoded);
}

TEST(UpstreamHead, AnEtagTooLongForOtherHeadsIsNone) {
  const auto tag = [](std::size_t size) { return '"' + std::string(size - 2, 'e') + '"'; };
  EXPECT_TRUE(read({"HTTP/1.1 200 OK", "ETag: " + tag(1024)}).validators.has_strong_etag());
  EXPECT_FALSE(read({"HTTP/1.1 200 OK", "ETag: " + tag(1025)}).validators.etag);
}

TEST(UpstreamHead, OfAContentTypeTooLongForOtherHeadsOnlyTheEssenceStays) {
  const auto type_of = [](const std::string& type) {
    return read({"HTTP/1.1 200 OK", "Content-Type: " + type}).content_type;
  };
  const std::string type = "audio/mpeg ; x=";
  const std::string fits = type + std::string(1024 - type.size(), 'a');
  EXPECT_EQ(type_of(fits), fits);
  EXPECT_EQ(type_of(fits + 'a'), "audio/mpeg");
  EXPECT_EQ(type_of("audio/" + std::string(1024, 'a') + ";x=1"), "");
}

TEST(UpstreamHead, RetryAfterMayBeADate) {  // RFC 9110 §10.2.3
  EXPECT_EQ(read({"HTTP/1.1 503 X", "Retry-After: Sun, 06 Nov 1994 08:50:37 GMT"}).retry_after,
            std::chrono::seconds(60));
  EXPECT_EQ(read({"HTTP/1.1 503 X", "Retry-After: Sun, 06 Nov 1994 08:00:00 GMT"}).retry_after,
            std::chrono::seconds(0));
  EXPECT_FALSE(read({"HTTP/1.1 503 X", "Retry-After: soon"}).retry_after);
}

TEST(UpstreamHead, RetryAfterIsADayAtMost) {
  for (const char* when :
       {"86401", "4294967296", "99999999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
    EXPECT_EQ(read({"HTTP/1.1 503 X", std::string("Retry-After: ") + when}).retry_after,
              std::chrono::hours(24))
        << when;
  }
}

TEST(UpstreamHead, GarbageIsNoStatus) {
  EXPECT_EQ(UpstreamHeadReader().head().status, 0U);
  UpstreamHeadReader reader;
  reader.line("HTTP/1.1", received);
  reader.line("no colon here", received);
  reader.line(":", received);
  EXPECT_FALSE(reader.line("", received));
}

}  // namespace
}  // namespace tonearm::source
