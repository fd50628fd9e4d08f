#include "server/error_response.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tonearm::server {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kinds = static_cast<int>(ErrorKind::internal) + 1;

Error error(ErrorKind kind, std::string detail = {}) { return {kind, std::move(detail), {}}; }

std::string head_of(const Problem& problem) {
  http::ResponseHead head(problem.status, http::HttpTime{});
  add_problem_fields(head, problem);
  return std::move(head).finish();
}

struct StatusCase {
  ErrorKind kind;
  unsigned status;
};

class StatusOf : public testing::TestWithParam<StatusCase> {};

TEST_P(StatusOf, IsWhatTheInterfaceSays) {
  EXPECT_EQ(status_of(GetParam().kind), GetParam().status) << to_string(GetParam().kind);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, StatusOf,
    testing::Values(
        StatusCase{ErrorKind::bad_request, 400}, StatusCase{ErrorKind::unauthorized, 401},
        StatusCase{ErrorKind::forbidden, 403}, StatusCase{ErrorKind::song_not_found, 404},
        StatusCase{ErrorKind::path_not_found, 404},
        StatusCase{ErrorKind::destination_not_found, 404},
        StatusCase{ErrorKind::method_not_allowed, 405}, StatusCase{ErrorKind::request_timeout, 408},
        StatusCase{ErrorKind::target_too_long, 414}, StatusCase{ErrorKind::too_many_requests, 429},
        StatusCase{ErrorKind::header_section_too_large, 431},
        StatusCase{ErrorKind::version_not_supported, 505}, StatusCase{ErrorKind::internal, 500},
        StatusCase{ErrorKind::origin_refused, 502}, StatusCase{ErrorKind::resolver_failed, 502},
        StatusCase{ErrorKind::connection_refused, 502},
        StatusCase{ErrorKind::destination_unavailable, 502},
        StatusCase{ErrorKind::bad_locator, 502}, StatusCase{ErrorKind::catalog_unavailable, 503},
        StatusCase{ErrorKind::connection_limit_reached, 503},
        StatusCase{ErrorKind::overloaded, 503}, StatusCase{ErrorKind::draining, 503},
        StatusCase{ErrorKind::dns_timeout, 504}, StatusCase{ErrorKind::connection_timeout, 504},
        StatusCase{ErrorKind::connection_read_timeout, 504},
        StatusCase{ErrorKind::http_response_timeout, 504}));

TEST(ProblemOf, ClientIsToldItsOwnFault) {
  EXPECT_EQ(problem_of(error(ErrorKind::bad_request, "two Host fields")).detail, "two Host fields");
}

TEST(ProblemOf, NoOtherPartysDetailReachesTheClient) {
  for (int i = 0; i < kinds; ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    if (party_of(kind) == Party::client) continue;
    const Problem problem = problem_of(error(kind, "http://secret.example/key"));
    EXPECT_THAT(problem_json(problem) + head_of(problem), Not(HasSubstr("secret")));
    EXPECT_FALSE(problem.detail.empty());
  }
}

TEST(ProblemOf, EveryKindHasADetailAndAnErrorStatus) {
  for (int i = 0; i < kinds; ++i) {
    const Problem problem = problem_of(error(static_cast<ErrorKind>(i)));
    EXPECT_FALSE(problem.detail.empty()) << i;
    EXPECT_GE(problem.status, 400U) << i;
    EXPECT_LE(problem.status, 505U) << i;
  }
}

// RFC 9209 §2.3.
TEST(ProblemOf, ProxyStatusNamesARegisteredErrorFor502And504Alone) {
  const auto registered =
      testing::AnyOf("dns_timeout", "dns_error", "destination_unavailable",
                     "destination_ip_prohibited", "connection_refused", "connection_terminated",
                     "connection_timeout", "connection_read_timeout", "tls_protocol_error",
                     "tls_certificate_error", "http_response_incomplete", "http_response_timeout",
                     "http_protocol_error", "proxy_configuration_error");
  for (int i = 0; i < kinds; ++i) {
    const Problem problem = problem_of(error(static_cast<ErrorKind>(i)));
    if (problem.status == 502 || problem.status == 504) {
      EXPECT_THAT(std::string(problem.proxy_error), registered);
      EXPECT_THAT(head_of(problem), HasSubstr("\r\nProxy-Status: tonearm; error=" +
                                              std::string(problem.proxy_error) + "\r\n"));
    } else {
      EXPECT_THAT(head_of(problem), Not(HasSubstr("Proxy-Status")));
    }
  }
}

TEST(ProblemOf, Every503And429SaysWhenToComeBack) {
  for (int i = 0; i < kinds; ++i) {
    const Problem problem = problem_of(error(static_cast<ErrorKind>(i)));
    const bool wanted = problem.status == 503 || problem.status == 429;
    EXPECT_EQ(head_of(problem).find("Retry-After") != std::string::npos, wanted) << problem.status;
  }
}

TEST(ProblemOf, KnownRetryAfterIsHandedOn) {
  const Error busy{ErrorKind::overloaded, {}, std::chrono::seconds(17)};
  EXPECT_THAT(head_of(problem_of(busy)), HasSubstr("Retry-After: 17\r\n"));
}

TEST(ProblemOf, MethodNotAllowedNamesTheAllowedOnes) {
  EXPECT_THAT(head_of(problem_of(error(ErrorKind::method_not_allowed))),
              HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"));
  EXPECT_THAT(head_of(problem_of(error(ErrorKind::method_not_allowed), "GET")),
              HasSubstr("Allow: GET\r\n"));
  EXPECT_THAT(head_of(problem_of(error(ErrorKind::bad_request))), Not(HasSubstr("Allow")));
}

TEST(ProblemOf, UnauthorizedAsksForABearerToken) {
  EXPECT_THAT(head_of(problem_of(error(ErrorKind::unauthorized))),
              HasSubstr("WWW-Authenticate: Bearer\r\n"));
}

TEST(ProblemOfPlan, APositionPastTheEndIsNoRange) {
  http::ResponsePlan plan;
  plan.status = 416;
  http::Representation what;
  EXPECT_THAT(problem_of(plan, what).detail, HasSubstr("ranges"));
  what.starts_past_end = true;
  EXPECT_THAT(problem_of(plan, what).detail, HasSubstr("position"));
}

// RFC 9110 §15.5.17.
TEST(ProblemOfPlan, UnsatisfiableRangeSaysTheLength) {
  http::ResponsePlan plan;
  plan.status = 416;
  plan.complete = 1234;
  const Problem problem = problem_of(plan);
  EXPECT_THAT(head_of(problem), HasSubstr("Content-Range: bytes */1234\r\n"));
  EXPECT_EQ(boost::json::parse(problem_json(problem)).at("status"), 416);
}

TEST(ProblemOfPlan, FailedPreconditionHasNoContentRange) {
  http::ResponsePlan plan;
  plan.status = 412;
  plan.complete = 1234;
  EXPECT_THAT(head_of(problem_of(plan)), Not(HasSubstr("Content-Range")));
}

TEST(ProblemJson, IsOneLineThatAnyoneCanRead) {
  EXPECT_EQ(problem_json(problem_of(error(ErrorKind::bad_request, "S\u00F8ng"))),
            "{\"status\":400,\"title\":\"Bad Request\",\"detail\":\"S\u00F8ng\"}\n");
}

// RFC 9457 §3.
TEST(ProblemJson, HasTitleStatusAndDetail) {
  const auto json = boost::json::parse(problem_json(problem_of(error(ErrorKind::song_not_found))));
  EXPECT_EQ(json.at("title"), "Not Found");
  EXPECT_EQ(json.at("status"), 404);
  EXPECT_EQ(json.at("detail"), "There is no such song.");
}

TEST(ProblemJson, IsValidWhateverTheClientSent) {
  const auto problem = problem_of(error(ErrorKind::bad_request, "bad \"\xFF\\\r\n\x01"));
  EXPECT_EQ(boost::json::parse(problem_json(problem)).at("detail"), "bad \"\uFFFD\\\r\n\x01");
}

TEST(AddProblemFields, LengthIsTheBodysAndNothingIsStored) {
  const Problem problem = problem_of(error(ErrorKind::internal));
  http::ResponseHead head(problem.status, http::HttpTime{});
  const std::string body = add_problem_fields(head, problem);
  const std::string text = std::move(head).finish();
  EXPECT_EQ(body, problem_json(problem));
  EXPECT_THAT(text, HasSubstr("Content-Length: " + std::to_string(body.size()) + "\r\n"));
  EXPECT_THAT(text, HasSubstr("Content-Type: application/problem+json\r\n"));
  EXPECT_THAT(text, HasSubstr("Cache-Control: no-store\r\n"));
}

}  // namespace
}  // namespace tonearm::server
