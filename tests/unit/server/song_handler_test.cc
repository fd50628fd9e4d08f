#include "server_fixture.h"

#include <gmock/gmock.h>

namespace tonearm::server {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class SongHandler : public ServerTest {};

TEST_F(SongHandler, WithoutRangeTheWholeSong) {
  source.script.what.validators.etag = http::EntityTag{"\"v1\"", false};
  start();
  const std::string answer = get();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(body_of(answer), "0123456789");
  EXPECT_EQ(field_of(answer, "Content-Length"), "10");
  EXPECT_EQ(field_of(answer, "Content-Type"), "audio/mpeg");
  EXPECT_EQ(field_of(answer, "ETag"), "\"v1\"");
  EXPECT_EQ(field_of(answer, "Cache-Control"), "private, max-age=3600");
  EXPECT_EQ(field_of(answer, "Content-Security-Policy"), "sandbox");
  EXPECT_EQ(field_of(answer, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(field_of(answer, "X-Accel-Buffering"), "no");
  EXPECT_EQ(field_of(answer, "Cache-Status"), "tonearm; fwd=miss");
  EXPECT_EQ(field_of(answer, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(field_of(answer, "Connection"), "close");
  EXPECT_EQ(field_of(answer, "X-Request-Id").size(), 32U);
  EXPECT_FALSE(last_was_reset);
}

TEST_F(SongHandler, ARangeIsToldToTheSourceBeforeItIsAnswered) {
  start();
  const std::string answer = get("Range: bytes=2-5\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 206 "));
  EXPECT_EQ(field_of(answer, "Content-Range"), "bytes 2-5/10");
  EXPECT_EQ(body_of(answer), "2345");
  ASSERT_EQ(source.script.intents.size(), 1U);
  EXPECT_EQ(source.script.intents[0].range, (http::RangeSpec{2, 5}));
  EXPECT_TRUE(source.script.intents[0].likely);
  EXPECT_FALSE(source.script.intents[0].several);
}

// RFC 9110 §14.6: parts in the order asked, and a Content-Length that holds to the byte.
TEST_F(SongHandler, SeveralRangesAreFramedExactly) {
  start();
  const std::string answer = get("Range: bytes=6-8,0-1\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 206 "));
  const std::string type = field_of(answer, "Content-Type");
  ASSERT_THAT(type, StartsWith("multipart/byteranges; boundary="));
  const std::string boundary = type.substr(type.find('=') + 1);
  const std::string body = body_of(answer);
  EXPECT_EQ(field_of(answer, "Content-Length"), std::to_string(body.size()));
  EXPECT_EQ(field_of(answer, "Content-Range"), "");
  const auto first = body.find("Content-Range: bytes 6-8/10\r\n");
  const auto second = body.find("Content-Range: bytes 0-1/10\r\n");
  ASSERT_NE(first, std::string::npos);
  ASSERT_NE(second, std::string::npos);
  EXPECT_LT(first, second);
  EXPECT_THAT(body, HasSubstr("\r\n\r\n678\r\n--" + boundary + "\r\n"));
  EXPECT_THAT(body, EndsWith("\r\n\r\n01\r\n--" + boundary + "--\r\n"));
  EXPECT_TRUE(source.script.intents[0].several);
  EXPECT_EQ(source.script.intents[0].range, (http::RangeSpec{6, 8}));
  EXPECT_THAT(source.script.parts, ElementsAre(http::ByteRange{6, 9}, http::ByteRange{0, 2}));
}

// What a cache needs to know of it before the head is made.
TEST_F(SongHandler, WhatIsReadIsToldOfTheRepresentationThatIsThere) {
  source.script.what.validators.etag = http::EntityTag{"\"v1\"", false};
  options.max_range = 4;
  start();
  const auto parts = [this](const std::string& fields, const char* method = "GET") {
    get(fields, method);
    return source.script.parts;
  };
  const http::ByteRange whole{0, 10};
  EXPECT_THAT(parts(""), ElementsAre(whole));
  EXPECT_THAT(parts("Range: bytes=2-\r\n"), ElementsAre(http::ByteRange{2, 6}));
  EXPECT_THAT(parts("Range: bytes=2-\r\nIf-Range: \"v0\"\r\n"), ElementsAre(whole));
  EXPECT_THAT(parts("Range: bytes=20-\r\nIf-Range: \"v0\"\r\n"), ElementsAre(whole));
  EXPECT_THAT(parts("Range: bytes=20-\r\n"), IsEmpty());
  EXPECT_THAT(parts("If-None-Match: \"v1\"\r\n"), IsEmpty());
  EXPECT_THAT(parts("If-None-Match: \"v0\"\r\n"), ElementsAre(whole));
  EXPECT_THAT(parts("If-Match: \"v0\"\r\n"), IsEmpty());
  EXPECT_THAT(parts("", "HEAD"), IsEmpty());
}

TEST_F(SongHandler, EachMultipartAnswerHasABoundaryOfItsOwn) {
  start();
  const std::string one = field_of(get("Range: bytes=0-0,2-2\r\n"), "Content-Type");
  EXPECT_NE(one, field_of(get("Range: bytes=0-0,2-2\r\n"), "Content-Type"));
}

TEST_F(SongHandler, HeadHasTheLengthAndNoBody) {
  start();
  const std::string answer = get("Range: bytes=2-5\r\n", "HEAD");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(field_of(answer, "Content-Length"), "10");
  EXPECT_EQ(body_of(answer), "");
  EXPECT_FALSE(source.script.intents[0].likely);
  EXPECT_FALSE(source.script.intents[0].range);
}

TEST_F(SongHandler, HeadOfAnErrorHasNoBodyEither) {
  start();
  const std::string answer =
      ask("HEAD /songs/listen/2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 404 "));
  EXPECT_NE(field_of(answer, "Content-Length"), "0");
  EXPECT_EQ(body_of(answer), "");
}

TEST_F(SongHandler, NotModifiedHasNoBody) {
  source.script.what.validators.etag = http::EntityTag{"\"v1\"", false};
  start();
  const std::string answer = get("If-None-Match: \"v1\"\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 304 "));
  EXPECT_EQ(field_of(answer, "ETag"), "\"v1\"");
  EXPECT_EQ(body_of(answer), "");
  EXPECT_FALSE(source.script.intents[0].likely);
}

TEST_F(SongHandler, NotSatisfiableNamesTheSize) {
  start();
  const std::string answer = get("Range: bytes=10-\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 416 "));
  EXPECT_EQ(field_of(answer, "Content-Range"), "bytes */10");
  EXPECT_EQ(field_of(answer, "Content-Type"), "application/problem+json");
  EXPECT_THAT(body_of(answer), HasSubstr("\"status\":416"));
  EXPECT_TRUE(logged("\"outcome\":\"done\""));
}

TEST_F(SongHandler, FailedPreconditionIs412) {
  source.script.what.validators.etag = http::EntityTag{"\"v1\"", false};
  start();
  const std::string answer = get("If-Match: \"v2\"\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 412 "));
  EXPECT_EQ(field_of(answer, "Content-Type"), "application/problem+json");
}

TEST_F(SongHandler, UnknownLengthIsChunked) {
  source.set_endless("0123456789");
  start();
  const std::string answer = get();
  EXPECT_EQ(field_of(answer, "Transfer-Encoding"), "chunked");
  EXPECT_EQ(field_of(answer, "Content-Length"), "");
  EXPECT_EQ(body_of(answer), "4\r\n0123\r\n4\r\n4567\r\n2\r\n89\r\n0\r\n\r\n");
}

TEST_F(SongHandler, UnknownLengthToHttp10EndsWithTheConnection) {
  source.set_endless("0123456789");
  start();
  const std::string answer = ask("GET /songs/listen/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(field_of(answer, "Transfer-Encoding"), "");
  EXPECT_EQ(field_of(answer, "Connection"), "close");
  EXPECT_EQ(body_of(answer), "0123456789");
}

TEST_F(SongHandler, UnknownLengthToHttp10OverAUnixSocketIsRefused) {
  source.set_endless("0123456789");
  start();
  Client client = connect_unix();
  client.send("GET /songs/listen/1 HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 505 "));
  EXPECT_THAT(client.received, HasSubstr("proxy_http_version 1.1"));
}

TEST_F(SongHandler, AnErrorBeforeTheHeadIsAnswered) {
  source.script.describe_error = Error{ErrorKind::connection_refused, "http://secret/", {}};
  start();
  const std::string answer = get();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 502 "));
  EXPECT_EQ(field_of(answer, "Proxy-Status"), "tonearm; error=connection_refused");
  EXPECT_THAT(answer, Not(HasSubstr("secret")));
  EXPECT_TRUE(logged("\"outcome\":\"origin_failed\""));
}

TEST_F(SongHandler, AnErrorOfTheFirstReadStillIs) {
  source.script.read_error = Error{ErrorKind::http_response_timeout, {}, {}};
  start();
  EXPECT_THAT(get(), StartsWith("HTTP/1.1 504 "));
  EXPECT_FALSE(last_was_reset);
}

TEST_F(SongHandler, AnErrorAfterTheHeadResetsTheConnection) {
  source.script.read_error = Error{ErrorKind::representation_changed, {}, {}};
  source.script.read_error_at = 4;
  start();
  // A reset may overtake what was sent before it, so the log tells how far it came.
  EXPECT_THAT(get(), Not(HasSubstr("4567")));
  EXPECT_TRUE(last_was_reset);
  ASSERT_TRUE(logged("\"outcome\":\"origin_failed\""));
  EXPECT_THAT(log, HasSubstr("\"status\":200"));
  EXPECT_THAT(log, HasSubstr("\"bytes\":4,"));
  EXPECT_EQ(source.script.readers, 0);
}

TEST_F(SongHandler, AFaultOfOursIs500) {
  source.script.describe_throws = true;
  start();
  const std::string answer = get();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answer, Not(HasSubstr("scripted")));
  EXPECT_TRUE(logged("\"outcome\":\"failed\""));
}

TEST_F(SongHandler, MaxRangeLimitsAnOpenEnd) {
  options.max_range = 3;
  start();
  EXPECT_EQ(field_of(get("Range: bytes=2-\r\n"), "Content-Range"), "bytes 2-4/10");
}

TEST_F(SongHandler, AnEmptySongHasAHead) {
  source.set_content("");
  start();
  const std::string answer = get();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(field_of(answer, "Content-Length"), "0");
}

TEST_F(SongHandler, TheAccessLogSaysWhatHappened) {
  source.script.origin_bytes = 4096;
  start();
  get("Range: bytes=2-5\r\nX-Request-Id: mine\r\nUser-Agent: ua\r\n");
  ASSERT_TRUE(logged("\n"));
  EXPECT_THAT(log, HasSubstr("\"client\":\"127.0.0.1\""));
  EXPECT_THAT(log, HasSubstr("\"status\":206"));
  EXPECT_THAT(log, HasSubstr("\"range\":\"bytes=2-5\""));
  EXPECT_THAT(log, HasSubstr("\"bytes\":4,"));
  EXPECT_THAT(log, HasSubstr("\"song\":\"1\""));
  EXPECT_THAT(log, HasSubstr("\"source\":\"http\""));
  EXPECT_THAT(log, HasSubstr("\"origin_bytes\":4096"));
  EXPECT_THAT(log, HasSubstr("\"outcome\":\"done\""));
  EXPECT_THAT(log, HasSubstr("\"user_agent\":\"ua\""));
  // 127.0.0.1 is not among the trusted here.
  EXPECT_THAT(log, Not(HasSubstr("\"mine\"")));
}

TEST_F(SongHandler, TheAccessLogNamesASongThatIsNotThere) {
  start();
  const std::string id(100, 'n');
  ask("GET /songs/listen/" + id + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(logged("\n"));
  EXPECT_THAT(log, HasSubstr("\"song\":\"" + id + "\""));
  EXPECT_THAT(log, HasSubstr("\"outcome\":\"refused\""));
}

TEST_F(SongHandler, ATrustedProxySaysWhoAsksAndUnderWhichId) {
  const std::string text = "127.0.0.1/32";
  options.trusted_proxies = TrustedProxies::parse(std::span(&text, 1)).value();
  start();
  const std::string answer = get("X-Request-Id: mine\r\nX-Forwarded-For: 203.0.113.7\r\n");
  EXPECT_EQ(field_of(answer, "X-Request-Id"), "mine");
  ASSERT_TRUE(logged("\n"));
  EXPECT_THAT(log, HasSubstr("\"client\":\"203.0.113.7\""));
}

TEST_F(SongHandler, ARunningStreamIsListedUntilItEnds) {
  source.script.hang_at = 4;
  start();
  Client client = connect();
  client.send(keep_alive_get);
  ASSERT_TRUE(until([&] { return client.got("0123"); }));
  EXPECT_EQ(shared.streams.count(), 1U);
  EXPECT_THAT(shared.streams.to_json(), HasSubstr("\"bytes\":4"));
  client.reset();
  ASSERT_TRUE(until([&] { return shared.streams.count() == 0; }));
}

TEST_F(SongHandler, AnUnreadableCatalogIs503) {
  store.broken = Error{ErrorKind::catalog_unavailable, "/secret/path", {}};
  start();
  const std::string answer = get();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_NE(field_of(answer, "Retry-After"), "");
  EXPECT_THAT(answer, Not(HasSubstr("secret")));
}

TEST_F(SongHandler, ALocatorThatNobodyKnowsIs502) {
  store.add("2", "gopher://x");
  start();
  const std::string answer =
      ask("GET /songs/listen/2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 502 "));
  EXPECT_EQ(source.script.opened, 0);
}

}  // namespace
}  // namespace tonearm::server
