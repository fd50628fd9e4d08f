#include "tonearm/base/error.h"

#include "tonearm/base/result.h"

#include <algorithm>
#include <array>

namespace tonearm {
namespace {

struct Row {
  ErrorKind kind;
  std::string_view token;
  Party party;
};

/// In the order of their declaration.
constexpr std::array rows{
    Row{ErrorKind::bad_request, "http_request_error", Party::client},
    Row{ErrorKind::unauthorized, "unauthorized", Party::client},
    Row{ErrorKind::forbidden, "forbidden", Party::client},
    Row{ErrorKind::song_not_found, "song_not_found", Party::client},
    Row{ErrorKind::path_not_found, "path_not_found", Party::client},
    Row{ErrorKind::method_not_allowed, "method_not_allowed", Party::client},
    Row{ErrorKind::request_timeout, "request_timeout", Party::client},
    Row{ErrorKind::target_too_long, "target_too_long", Party::client},
    Row{ErrorKind::too_many_requests, "too_many_requests", Party::client},
    Row{ErrorKind::header_section_too_large, "header_section_too_large", Party::client},
    Row{ErrorKind::version_not_supported, "version_not_supported", Party::client},
    Row{ErrorKind::send_timeout, "send_timeout", Party::client},
    Row{ErrorKind::client_gone, "client_gone", Party::client},
    Row{ErrorKind::dns_timeout, "dns_timeout", Party::origin},
    Row{ErrorKind::dns_error, "dns_error", Party::origin},
    Row{ErrorKind::destination_not_found, "destination_not_found", Party::origin},
    Row{ErrorKind::destination_unavailable, "destination_unavailable", Party::origin},
    Row{ErrorKind::destination_ip_prohibited, "destination_ip_prohibited", Party::origin},
    Row{ErrorKind::connection_refused, "connection_refused", Party::origin},
    Row{ErrorKind::connection_terminated, "connection_terminated", Party::origin},
    Row{ErrorKind::connection_timeout, "connection_timeout", Party::origin},
    Row{ErrorKind::connection_read_timeout, "connection_read_timeout", Party::origin},
    Row{ErrorKind::connection_limit_reached, "connection_limit_reached", Party::origin},
    Row{ErrorKind::tls_protocol_error, "tls_protocol_error", Party::origin},
    Row{ErrorKind::tls_certificate_error, "tls_certificate_error", Party::origin},
    Row{ErrorKind::http_response_incomplete, "http_response_incomplete", Party::origin},
    Row{ErrorKind::http_response_timeout, "http_response_timeout", Party::origin},
    Row{ErrorKind::http_protocol_error, "http_protocol_error", Party::origin},
    Row{ErrorKind::origin_refused, "origin_refused", Party::origin},
    Row{ErrorKind::resolver_failed, "resolver_failed", Party::origin},
    Row{ErrorKind::representation_changed, "representation_changed", Party::origin},
    Row{ErrorKind::bad_locator, "bad_locator", Party::self},
    Row{ErrorKind::catalog_unavailable, "catalog_unavailable", Party::self},
    Row{ErrorKind::overloaded, "overloaded", Party::self},
    Row{ErrorKind::draining, "draining", Party::self},
    Row{ErrorKind::internal, "proxy_internal_error", Party::self},
};

constexpr std::size_t place_of(ErrorKind kind) { return static_cast<std::size_t>(kind); }

constexpr bool has_every_kind() {
  if (rows.size() != place_of(ErrorKind::internal) + 1) return false;
  return std::ranges::all_of(rows,
                             [](const Row& row) { return &row == &rows[place_of(row.kind)]; });
}
static_assert(has_every_kind());

}  // namespace

std::string_view to_string(ErrorKind kind) { return rows[place_of(kind)].token; }

Party party_of(ErrorKind kind) { return rows[place_of(kind)].party; }

std::string_view to_string(Party party) {
  switch (party) {
    case Party::client:
      return "client";
    case Party::origin:
      return "origin";
    case Party::self:
      return "self";
  }
  return "self";
}

UncheckedResult::UncheckedResult(const Error& error)
    : std::logic_error("unchecked error " + std::string(to_string(error.kind)) + ": " +
                       error.detail) {}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw UncheckedResult(error);
}

}  // namespace tonearm
