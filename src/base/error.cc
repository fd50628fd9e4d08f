#include "tonearm/base/error.h"

#include "tonearm/base/result.h"

namespace tonearm {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::bad_request:
      return "http_request_error";
    case ErrorKind::unauthorized:
      return "unauthorized";
    case ErrorKind::forbidden:
      return "forbidden";
    case ErrorKind::song_not_found:
      return "song_not_found";
    case ErrorKind::path_not_found:
      return "path_not_found";
    case ErrorKind::method_not_allowed:
      return "method_not_allowed";
    case ErrorKind::request_timeout:
      return "request_timeout";
    case ErrorKind::target_too_long:
      return "target_too_long";
    case ErrorKind::too_many_requests:
      return "too_many_requests";
    case ErrorKind::header_section_too_large:
      return "header_section_too_large";
    case ErrorKind::version_not_supported:
      return "version_not_supported";
    case ErrorKind::send_timeout:
      return "send_timeout";
    case ErrorKind::client_gone:
      return "client_gone";
    case ErrorKind::dns_timeout:
      return "dns_timeout";
    case ErrorKind::dns_error:
      return "dns_error";
    case ErrorKind::destination_not_found:
      return "destination_not_found";
    case ErrorKind::destination_unavailable:
      return "destination_unavailable";
    case ErrorKind::destination_ip_prohibited:
      return "destination_ip_prohibited";
    case ErrorKind::connection_refused:
      return "connection_refused";
    case ErrorKind::connection_terminated:
      return "connection_terminated";
    case ErrorKind::connection_timeout:
      return "connection_timeout";
    case ErrorKind::connection_read_timeout:
      return "connection_read_timeout";
    case ErrorKind::connection_limit_reached:
      return "connection_limit_reached";
    case ErrorKind::tls_protocol_error:
      return "tls_protocol_error";
    case ErrorKind::tls_certificate_error:
      return "tls_certificate_error";
    case ErrorKind::http_response_incomplete:
      return "http_response_incomplete";
    case ErrorKind::http_response_timeout:
      return "http_response_timeout";
    case ErrorKind::http_protocol_error:
      return "http_protocol_error";
    case ErrorKind::origin_refused:
      return "origin_refused";
    case ErrorKind::resolver_failed:
      return "resolver_failed";
    case ErrorKind::representation_changed:
      return "representation_changed";
    case ErrorKind::bad_locator:
      return "bad_locator";
    case ErrorKind::catalog_unavailable:
      return "catalog_unavailable";
    case ErrorKind::overloaded:
      return "overloaded";
    case ErrorKind::draining:
      return "draining";
    case ErrorKind::internal:
      return "proxy_internal_error";
  }
  return "proxy_internal_error";
}

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

Party party_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::bad_request:
    case ErrorKind::unauthorized:
    case ErrorKind::forbidden:
    case ErrorKind::song_not_found:
    case ErrorKind::path_not_found:
    case ErrorKind::method_not_allowed:
    case ErrorKind::request_timeout:
    case ErrorKind::target_too_long:
    case ErrorKind::too_many_requests:
    case ErrorKind::header_section_too_large:
    case ErrorKind::version_not_supported:
    case ErrorKind::send_timeout:
    case ErrorKind::client_gone:
      return Party::client;
    case ErrorKind::dns_timeout:
    case ErrorKind::dns_error:
    case ErrorKind::destination_not_found:
    case ErrorKind::destination_unavailable:
    case ErrorKind::destination_ip_prohibited:
    case ErrorKind::connection_refused:
    case ErrorKind::connection_terminated:
    case ErrorKind::connection_timeout:
    case ErrorKind::connection_read_timeout:
    case ErrorKind::connection_limit_reached:
    case ErrorKind::tls_protocol_error:
    case ErrorKind::tls_certificate_error:
    case ErrorKind::http_response_incomplete:
    case ErrorKind::http_response_timeout:
    case ErrorKind::http_protocol_error:
    case ErrorKind::origin_refused:
    case ErrorKind::resolver_failed:
    case ErrorKind::representation_changed:
      return Party::origin;
    case ErrorKind::bad_locator:
    case ErrorKind::catalog_unavailable:
    case ErrorKind::overloaded:
    case ErrorKind::draining:
    case ErrorKind::internal:
      return Party::self;
  }
  return Party::self;
}

UncheckedResult::UncheckedResult(const Error& error)
    : std::logic_error("unchecked error " + std::string(to_string(error.kind)) + ": " +
                       error.detail) {}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw UncheckedResult(error);
}

}  // namespace tonearm
