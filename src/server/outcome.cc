#include "tonearm/server/outcome.h"

namespace tonearm::server {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
      return "done";
    case Outcome::client_gone:
      return "client_gone";
    case Outcome::origin_failed:
      return "origin_failed";
    case Outcome::timeout:
      return "timeout";
    case Outcome::refused:
      return "refused";
    case Outcome::shut_down:
      return "shut_down";
    case Outcome::failed:
      return "failed";
  }
  return "failed";
}

Outcome outcome_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::client_gone:
      return Outcome::client_gone;
    case ErrorKind::request_timeout:
    case ErrorKind::send_timeout:
    case ErrorKind::dns_timeout:
    case ErrorKind::connection_timeout:
    case ErrorKind::connection_read_timeout:
    case ErrorKind::http_response_timeout:
      return Outcome::timeout;
    case ErrorKind::connection_limit_reached:
    case ErrorKind::overloaded:
    case ErrorKind::draining:
      return Outcome::refused;
    default:
      break;
  }
  switch (party_of(kind)) {
    case Party::client:
      return Outcome::refused;
    case Party::origin:
      return Outcome::origin_failed;
    case Party::self:
      return Outcome::failed;
  }
  return Outcome::failed;
}

}  // namespace tonearm::server
