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

/// What describing one object of the account's endpoint comes to.
Result<http::Representation> describe(std::shared_ptr<S3Account> account, HttpOptions http = {}) {
  io::asio::io_context loop(1);
  http.allow_private = AllowPrivate::yes;
  S3Source source(make_http_client(loop.get_executor(), http), std::move(account));
  SourceRequest request;
  request.locator.kind = Locator::Kind::s3;
  request.locator.value = "music/a b.mp3";
  auto resource = source.open(request).value();
  const ReadIntent intent;
  return test::run(loop, resource->describe(intent));
}

/// The same, of an account that has this origin as its endpoint.
Result<http::Representation> describe(ScriptedOrigin& origin, S3Options options,
                                      HttpOptions http = {}) {
  io::BlockingPool pool(1);
  options.endpoint = origin.url();
  auto described = describe(std::make_shared<S3Account>(std::move(options), pool), http);
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

/// Of all accounts that know the bucket, and until the process ends.
class S3RegionTest : public testing::Test {
 protected:
  ~S3RegionTest() override { pool_.join(); }

  std::shared_ptr<S3Account> account_at(const ScriptedOrigin& origin) {
    S3Options options = with_keys();
    options.endpoint = origin.url();
    return std::make_shared<S3Account>(options, pool_);
  }
  static OriginAnswer wrong_region(const std::string& right) {
    return {refused_because("400 Bad Request", "<Code>AuthorizationHeaderMalformed</Code><Region>" +
                                                   right + "</Region>")};
  }

  io::BlockingPool pool_{1};
};

TEST_F(S3RegionTest, TheOneThatAnsweredIsRemembered) {
  const std::string content(1000, 'x');
  ScriptedOrigin origin([&](const OriginAsked& asked) {
    const bool right = asked.field("Authorization").find("/eu-1/s3/") != std::string::npos;
    return right ? test::honest_answer(asked, content, "ETag: \"1\"\r\n") : wrong_region("eu-1");
  });
  const auto account = account_at(origin);
  EXPECT_TRUE(describe(account));
  EXPECT_EQ(account->region_of("music"), "eu-1");
  EXPECT_TRUE(describe(account));
  EXPECT_EQ(origin.asked().size(), 3U);
}

TEST_F(S3RegionTest, OneThatLedNowhereIsNotRemembered) {
  ScriptedOrigin origin([](const OriginAsked&) { return wrong_region("eu-1"); });
  const auto account = account_at(origin);
  EXPECT_FALSE(describe(account));
  EXPECT_EQ(account->region_of("music"), "us-east-1");
}

TEST_F(S3RegionTest, AStrangerNamesNone) {
  ScriptedOrigin stranger([](const OriginAsked&) { return wrong_region("eu-1"); });
  ScriptedOrigin origin([&](const OriginAsked&) {
    return OriginAnswer{"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://localhost:" +
                        std::to_string(stranger.port()) + "/\r\nContent-Length: 0\r\n\r\n"};
  });
  const auto account = account_at(origin);
  EXPECT_FALSE(describe(account));
  EXPECT_EQ(origin.asked().size(), 1U);
  EXPECT_EQ(stranger.asked().size(), 1U);
  EXPECT_EQ(account->region_of("music"), "us-east-1");
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
