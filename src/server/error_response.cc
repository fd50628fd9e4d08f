#include "server/error_response.h"

#include "tonearm/http/content_range.h"

#include "server/json_line.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tonearm::server {
namespace {

constexpr std::chrono::seconds default_retry_after{2};

/// What a client is told where the error's own detail is not for it.
std::string_view general_detail(unsigned status) {
  switch (status) {
    case 400:
      return "The request is malformed.";
    case 401:
      return "A bearer token is needed.";
    case 403:
      return "The link is unsigned, altered or expired.";
    case 404:
      return "There is no such song, or its file is missing.";
    case 405:
      return "The method is not supported here.";
    case 408:
      return "The request did not arrive in time.";
    case 412:
      return "The song has changed, or a precondition of the request does not hold.";
    case 414:
      return "The request target is too long.";
    case 416:
      return "None of the requested ranges lies within the song.";
    case 429:
      return "Too many requests from this address.";
    case 431:
      return "The request's header fields are too large.";
    case 502:
      return "The song's origin failed or answered nonsense.";
    case 503:
      return "Not to be served at the moment.";
    case 504:
      return "The song's origin was too slow.";
    case 505:
      return "Only HTTP/1.0 and HTTP/1.1 are supported.";
    default:
      return "An internal error.";
  }
}

std::string_view general_detail(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::song_not_found:
      return "There is no such song.";
    case ErrorKind::path_not_found:
      return "There is nothing at this path.";
    case ErrorKind::destination_not_found:
      return "The file is missing at its origin.";
    case ErrorKind::connection_limit_reached:
      return "The song's origin has no connection to spare.";
    case ErrorKind::bad_locator:
      return "The catalog's entry of this song cannot be opened.";
    case ErrorKind::catalog_unavailable:
      return "The catalog cannot be read.";
    case ErrorKind::overloaded:
      return "Too many connections or requests.";
    case ErrorKind::draining:
      return "The server is shutting down.";
    default:
      return general_detail(status_of(kind));
  }
}

/// RFC 9209 §2.3 for what is 502 or 504; our own names are said in the nearest registered one.
std::string_view proxy_error(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::origin_refused:
    case ErrorKind::representation_changed:
      return "http_protocol_error";
    case ErrorKind::resolver_failed:
      return "destination_unavailable";
    case ErrorKind::bad_locator:
      return "proxy_configuration_error";
    default:
      return to_string(kind);
  }
}

}  // namespace

unsigned status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::client_gone:
    case ErrorKind::bad_request:
      return 400;
    case ErrorKind::unauthorized:
      return 401;
    case ErrorKind::forbidden:
      return 403;
    case ErrorKind::song_not_found:
    case ErrorKind::path_not_found:
    case ErrorKind::destination_not_found:
      return 404;
    case ErrorKind::method_not_allowed:
      return 405;
    case ErrorKind::request_timeout:
    case ErrorKind::send_timeout:
      return 408;
    case ErrorKind::target_too_long:
      return 414;
    case ErrorKind::too_many_requests:
      return 429;
    case ErrorKind::header_section_too_large:
      return 431;
    case ErrorKind::version_not_supported:
      return 505;
    case ErrorKind::dns_error:
    case ErrorKind::destination_unavailable:
    case ErrorKind::destination_ip_prohibited:
    case ErrorKind::connection_refused:
    case ErrorKind::connection_terminated:
    case ErrorKind::tls_protocol_error:
    case ErrorKind::tls_certificate_error:
    case ErrorKind::http_response_incomplete:
    case ErrorKind::http_protocol_error:
    case ErrorKind::origin_refused:
    case ErrorKind::resolver_failed:
    case ErrorKind::representation_changed:
    case ErrorKind::bad_locator:
      return 502;
    case ErrorKind::connection_limit_reached:
    case ErrorKind::catalog_unavailable:
    case ErrorKind::overloaded:
    case ErrorKind::draining:
      return 503;
    case ErrorKind::dns_timeout:
    case ErrorKind::connection_timeout:
    case ErrorKind::connection_read_timeout:
    case ErrorKind::http_response_timeout:
      return 504;
    case ErrorKind::internal:
      return 500;
  }
  return 500;
}

Problem problem_of(const Error& error, std::string_view allow) {
  Problem problem;
  problem.status = status_of(error.kind);
  const bool for_the_client = error.party() == Party::client && !error.detail.empty();
  problem.detail = for_the_client ? error.detail : std::string(general_detail(error.kind));
  problem.retry_after = error.retry_after;
  if (!problem.retry_after && (problem.status == 503 || problem.status == 429)) {
    problem.retry_after = default_retry_after;
  }
  if (problem.status == 502 || problem.status == 504) {
    problem.proxy_error = proxy_error(error.kind);
  }
  if (problem.status == 405) problem.allow = allow;
  return problem;
}

Problem problem_of(const http::ResponsePlan& plan) {
  Problem problem;
  problem.status = plan.status;
  problem.detail = general_detail(plan.status);
  if (plan.status == 416 && plan.complete) {
    problem.content_range = http::format_unsatisfied_range(*plan.complete);
  }
  return problem;
}

Problem problem_of(const http::ResponsePlan& plan, const http::Representation& what) {
  Problem problem = problem_of(plan);
  if (what.starts_past_end) problem.detail = "The position lies at or past the end of the song.";
  return problem;
}

std::string problem_json(const Problem& problem) {
  return json_line({{"status", problem.status},
                    {"title", http::reason_phrase(problem.status)},
                    {"detail", problem.detail}});
}

std::string add_problem_fields(http::ResponseHead& head, const Problem& problem) {
  std::string body = problem_json(problem);
  head.add("Content-Type", "application/problem+json");
  head.add("Content-Length", std::uint64_t{body.size()});
  head.add("Cache-Control", "no-store");
  if (problem.retry_after) {
    const auto seconds = std::max<std::chrono::seconds::rep>(problem.retry_after->count(), 0);
    head.add("Retry-After", static_cast<std::uint64_t>(seconds));
  }
  if (!problem.proxy_error.empty()) {
    head.add("Proxy-Status", "tonearm; error=" + std::string(problem.proxy_error));
  }
  if (problem.status == 401) head.add("WWW-Authenticate", "Bearer");
  if (!problem.allow.empty()) head.add("Allow", problem.allow);
  if (!problem.content_range.empty()) head.add("Content-Range", problem.content_range);
  return body;
}

}  // namespace tonearm::server
