#include "source/curl_error.h"

namespace tonearm::source {
namespace {

ErrorKind kind_of(CURLcode code, CURL* easy) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return ErrorKind::dns_error;
    case CURLE_COULDNT_CONNECT:
      return ErrorKind::connection_refused;
    case CURLE_OPERATION_TIMEDOUT: {
      curl_off_t looked_up = 0;
      curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &looked_up);
      return looked_up == 0 ? ErrorKind::dns_timeout : ErrorKind::connection_timeout;
    }
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return ErrorKind::tls_certificate_error;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
      return ErrorKind::tls_protocol_error;
    case CURLE_URL_MALFORMAT:
      return ErrorKind::bad_locator;
    default:
      return ErrorKind::connection_terminated;
  }
}

}  // namespace

Error error_of_curl(CURLcode code, CURL* easy, std::string_view said) {
  Error error{kind_of(code, easy), std::string(said), {}};
  if (error.detail.empty()) error.detail = curl_easy_strerror(code);
  return error;
}

}  // namespace tonearm::source
