#include "server/cors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tonearm::server {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string fields(const std::vector<std::string>& allowed, std::string_view origin) {
  http::ResponseHead head(206, http::HttpTime{});
  Cors(allowed).add_fields(head, origin);
  return std::move(head).finish();
}

std::string preflight(const std::vector<std::string>& allowed, std::string_view origin) {
  http::ResponseHead head(204, http::HttpTime{});
  Cors(allowed).add_preflight_fields(head, origin);
  return std::move(head).finish();
}

TEST(Cors, AnyOriginIsAllowedWithoutVary) {
  for (const char* origin : {"", "https://a.example"}) {
    const std::string text = fields({"*"}, origin);
    EXPECT_THAT(text, HasSubstr("Access-Control-Allow-Origin: *\r\n"));
    EXPECT_THAT(text, HasSubstr("Access-Control-Expose-Headers: Content-Range, Accept-Ranges, "
                                "Content-Length, ETag\r\n"));
    EXPECT_THAT(text, Not(HasSubstr("Vary")));
  }
}

TEST(Cors, ListedOriginIsEchoedWithVary) {
  const std::string text = fields({"https://b.example", "https://a.example"}, "https://a.example");
  EXPECT_THAT(text, HasSubstr("Access-Control-Allow-Origin: https://a.example\r\n"));
  EXPECT_THAT(text, HasSubstr("Vary: Origin\r\n"));
  EXPECT_THAT(text, HasSubstr("Access-Control-Expose-Headers: "));
}

TEST(Cors, OtherOrNoOriginGetsVaryAlone) {
  for (const char* origin :
       {"", "https://evil.example", "https://a.example.evil.example", "null"}) {
    const std::string text = fields({"https://a.example"}, origin);
    EXPECT_THAT(text, HasSubstr("Vary: Origin\r\n")) << origin;
    EXPECT_THAT(text, Not(HasSubstr("Access-Control"))) << origin;
  }
}

TEST(Cors, CaseAndTrailingSlashOfTheConfiguredOriginDoNotCount) {
  EXPECT_THAT(fields({"HTTPS://A.example/"}, "https://a.example"),
              HasSubstr("Access-Control-Allow-Origin: https://a.example\r\n"));
}

TEST(Cors, TheSchemesOwnPortOfTheConfiguredOriginDoesNotCount) {
  for (const char* origin : {"https://a.example", "http://a.example", "https://[::1]"}) {
    const std::string port = std::string_view(origin).starts_with("https") ? ":443" : ":80";
    for (const std::string& allowed : {origin + port, origin + port + "/"}) {
      EXPECT_THAT(fields({allowed}, origin),
                  HasSubstr("Access-Control-Allow-Origin: " + std::string(origin) + "\r\n"))
          << allowed;
    }
  }
  EXPECT_THAT(fields({"http://a.example:443"}, "http://a.example"), Not(HasSubstr("Access")));
  EXPECT_THAT(fields({"https://a.example:8443"}, "https://a.example"), Not(HasSubstr("Access")));
}

TEST(Cors, EmptyListTurnsItOff) {
  EXPECT_EQ(fields({}, "https://a.example"), std::move(http::ResponseHead(206, {})).finish());
  EXPECT_EQ(preflight({}, "https://a.example"), std::move(http::ResponseHead(204, {})).finish());
}

TEST(Cors, PreflightSaysWhatMayBeSent) {
  for (const char* allowed : {"*", "https://a.example"}) {
    const std::string text = preflight({allowed}, "https://a.example");
    EXPECT_THAT(text, HasSubstr(std::string("Access-Control-Allow-Origin: ") + allowed + "\r\n"));
    EXPECT_THAT(text, HasSubstr("Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"));
    EXPECT_THAT(text,
                HasSubstr("Access-Control-Allow-Headers: Range, If-Range, Authorization\r\n"));
    EXPECT_THAT(text, HasSubstr("Access-Control-Max-Age: 600\r\n"));
  }
}

TEST(Cors, PreflightOfAnotherOriginGetsVaryAlone) {
  const std::string text = preflight({"https://a.example"}, "https://evil.example");
  EXPECT_THAT(text, HasSubstr("Vary: Origin\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("Access-Control")));
}

}  // namespace
}  // namespace tonearm::server
