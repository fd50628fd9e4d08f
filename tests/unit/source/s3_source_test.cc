#include "tonearm/source/s3_source.h"

#include "tonearm/source/http_source.h"

#include "support/run.h"
#include "support/scripted_origin.h"

#include <gtest/gtest.h>

namespace tonearm::source {
namespace {

using test::OriginAnswer;
using test::OriginAsked;
using test::ScriptedOrigin;

std::string refused_because(const std::string& status, const std::string& xml) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(xml.size()) + "\r\n\r\n" +
         xml;
}

/// What describing one object comes to on this origin.
Result<http::Representation> describe(ScriptedOrigin& origin, S3Options options,
                                      HttpOptions http = {}) {
  io::asio::io_context loop(1);
  io::BlockingPool pool(1);
  http.allow_private = AllowPrivate::yes;
  options.endpoint = origin.url();
  S3Source source(make_http_client(loop.get_executor(), http),
                  std::make_shared<S3Account>(std::move(options), pool));
  SourceRequest request;
  request.locator.kind = Locator::Kind::s3;
  request.locator.value = "music/a b.mp3";
  auto resource = source.open(request).value();
  const ReadIntent intent;
  auto described = test::run(loop, resource->describe(intent));
  resource.reset();
  pool.join();
  return described;
}

S3Options with_keys() {
  S3Options options;
  options.access_key = "AKIA";
  options.secret_key = "secret";
  return options;
}

TEST(S3SourceTest, EveryRequestIsSignedForItsPlace) {
  const std::string content(1000, 'x');
  ScriptedOrigin origin([&](const OriginAsked& asked) {
    return test::honest_answer(asked, content, "ETag: \"1\"\r\n");
  });
  ASSERT_TRUE(describe(origin, with_keys()));
  const OriginAsked asked = origin.asked().at(0);
  EXPECT_EQ(asked.target, "/music/a%20b.mp3");
  EXPECT_TRUE(asked.field("Authorization").starts_with("AWS4-HMAC-SHA256 Credential=AKIA/"));
  EXPECT_NE(asked.field("x-amz-content-sha256"), "");
  EXPECT_NE(asked.field("x-amz-date"), "");
}

TEST(S3SourceTest, ARefusalIsReadButNotWithoutBounds) {
  ScriptedOrigin origin([](const OriginAsked&) {
    OriginAnswer answer;
    answer.bytes = refused_because("403 Forbidden", "<Error><Code>AccessDenied</Code>" +
                                                        std::string(1024 * 1024, ' ') + "</Error>");
    return answer;
  });
  const auto described = describe(origin, with_keys());
  ASSERT_FALSE(described);
  EXPECT_EQ(described.error().detail, "S3 answered 403 AccessDenied");
}

TEST(S3SourceTest, ARefusalThatIsNotSaidToItsEndIsNotWaitedForPastTheHeadsTime) {
  ScriptedOrigin origin([](const OriginAsked&) {
    OriginAnswer answer;
    answer.bytes = "HTTP/1.1 403 Forbidden\r\nContent-Length: 500\r\n\r\n<Error>";
    answer.then = OriginAnswer::Then::hang;
    return answer;
  });
  HttpOptions http;
  http.first_byte_timeout = std::chrono::milliseconds(200);
  http.stall_timeout = std::chrono::seconds(30);
  const auto begun = std::chrono::steady_clock::now();
  const auto described = describe(origin, with_keys(), http);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(15));
  ASSERT_FALSE(described);
  EXPECT_EQ(described.error().detail, "S3 answered 403");
}

TEST(S3SourceTest, RegionsThatSendEachOtherAroundEnd) {
  int asked = 0;
  ScriptedOrigin origin([&](const OriginAsked&) {
    OriginAnswer answer;
    answer.bytes =
        refused_because("400 Bad Request", "<Code>AuthorizationHeaderMalformed</Code><Region>r-" +
                                               std::to_string(++asked % 2) + "</Region>");
    return answer;
  });
  const auto described = describe(origin, with_keys());
  ASSERT_FALSE(described);
  EXPECT_EQ(described.error().kind, ErrorKind::origin_refused);
  EXPECT_LE(origin.asked().size(), 6U);
}

TEST(S3SourceTest, RedirectsInACircleEnd) {
  ScriptedOrigin origin([](const OriginAsked& asked) {
    OriginAnswer answer;
    answer.bytes = "HTTP/1.1 307 Temporary Redirect\r\nLocation: " + asked.target +
                   "\r\nContent-Length: 0\r\n\r\n";
    return answer;
  });
  const auto described = describe(origin, with_keys());
  ASSERT_FALSE(described);
  EXPECT_EQ(described.error().kind, ErrorKind::http_protocol_error);
  EXPECT_EQ(origin.asked().size(), 6U);
}

}  // namespace
}  // namespace tonearm::source
