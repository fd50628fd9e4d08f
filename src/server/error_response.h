#pragma once

#include "tonearm/base/error.h"
#include "tonearm/http/plan.h"
#include "tonearm/http/response_head.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tonearm::server {

/// What the client listener answers to: for Allow.
inline constexpr std::string_view client_methods = "GET, HEAD, OPTIONS";

/// The status that an error becomes: the only place that decides. client_gone is never answered.
unsigned status_of(ErrorKind kind);

/// An error as a client sees it (RFC 9457). Holds nothing that a client must not know.
struct Problem {
  unsigned status = 500;
  std::string detail;
  std::optional<std::chrono::seconds> retry_after;
  /// RFC 9209 §2.3 token; set for 502 and 504 alone.
  std::string_view proxy_error;
  std::string_view allow;     ///< For 405.
  std::string content_range;  ///< For 416: `bytes */SIZE`.
};

/// A detail of the client's party is handed on, any other is replaced by a general sentence.
Problem problem_of(const Error& error, std::string_view allow = client_methods);

/// For a plan whose status is 412 or 416.
Problem problem_of(const http::ResponsePlan& plan);
/// The same, where it may be the position that was asked for that lies past the end of `what`.
Problem problem_of(const http::ResponsePlan& plan, const http::Representation& what);

/// The application/problem+json document.
std::string problem_json(const Problem& problem);

/// Adds Content-Type, Content-Length, Cache-Control: no-store and what the status wants
/// (Retry-After, Proxy-Status, WWW-Authenticate, Allow, Content-Range) to a head that was begun
/// with problem.status. Returns the body, which is not sent to HEAD.
std::string add_problem_fields(http::ResponseHead& head, const Problem& problem);

}  // namespace tonearm::server
