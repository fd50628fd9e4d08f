#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tonearm {

/// Whose doing an error is. Decides the log level and the `party` label of the metrics.
enum class Party : std::uint8_t { client, origin, self };

/// What went wrong; party_of() says whose doing each is. Where RFC 9209 §2.3 has a name for it,
/// that name is used; `server/error_response` alone turns a kind into a status. 206, 304, 412 and
/// 416 are plans, not errors.
enum class ErrorKind : std::uint8_t {
  // The client's.
  bad_request,
  unauthorized,
  forbidden,
  song_not_found,
  path_not_found,
  method_not_allowed,
  request_timeout,
  target_too_long,
  too_many_requests,
  header_section_too_large,
  version_not_supported,
  send_timeout,  ///< The client took no byte for server.send_timeout.
  client_gone,

  // The origin's, in the words of RFC 9209.
  dns_timeout,
  dns_error,
  destination_not_found,  ///< The origin answered 404 or 410.
  destination_unavailable,
  destination_ip_prohibited,
  connection_refused,
  connection_terminated,
  connection_timeout,
  connection_read_timeout,
  connection_limit_reached,
  tls_protocol_error,
  tls_certificate_error,
  http_response_incomplete,
  http_response_timeout,
  http_protocol_error,
  origin_refused,   ///< Any other answer that is no representation: 401, 403, 5xx…
  resolver_failed,  ///< Its command failed, or printed no link.
  /// What is to be read next is of another version, or nothing proves that it is of the same one.
  /// Mostly in mid-body; before the head when the representation changes with each question.
  representation_changed,

  // Our own.
  bad_locator,  ///< The catalog's `file` names nothing that we can open.
  catalog_unavailable,
  overloaded,
  draining,
  internal,
};

/// The RFC 9209 `error` token, or our own name in the same style.
std::string_view to_string(ErrorKind kind);
std::string_view to_string(Party party);

/// The party that an error of this kind belongs to.
Party party_of(ErrorKind kind);

/// A failure as a value. `detail` is for the log and for operators: it may name an origin, so it is
/// never sent to a client (except where the party is the client).
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string detail;
  /// How long the client should wait before it tries again, where that is known.
  std::optional<std::chrono::seconds> retry_after;
  /// With destination_not_found: what the origin has said does not hold for the next question.
  bool no_store = false;

  Party party() const { return party_of(kind); }
};

}  // namespace tonearm
