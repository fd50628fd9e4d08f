#include "source/retry.h"

#include <algorithm>

namespace tonearm::source {

bool is_retryable(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::destination_unavailable:
    case ErrorKind::connection_refused:
    case ErrorKind::connection_terminated:
    case ErrorKind::connection_timeout:
    case ErrorKind::connection_read_timeout:
    case ErrorKind::http_response_incomplete:
    case ErrorKind::dns_timeout:
    case ErrorKind::dns_error:  // libcurl says the same of a name that is not and of a deaf server
    case ErrorKind::tls_protocol_error:  // a handshake that was cut off is one
      return true;
    default:
      return false;
  }
}

bool is_retryable_in_mid_body(ErrorKind kind) {
  return is_retryable(kind) || kind == ErrorKind::http_response_timeout ||
         kind == ErrorKind::connection_limit_reached || kind == ErrorKind::origin_refused ||
         kind == ErrorKind::resolver_failed || kind == ErrorKind::destination_not_found;
}

std::optional<std::chrono::milliseconds> RetryBudget::next(
    std::optional<std::chrono::seconds> asked) {
  if (used_ >= retries_) return std::nullopt;
  const unsigned doublings = std::min(used_++, 16U);
  const std::chrono::milliseconds backoff(100 << doublings);
  return asked ? std::max<std::chrono::milliseconds>(backoff, *asked) : backoff;
}

}  // namespace tonearm::source
