#include "source/curl_error.h"

#include <gtest/gtest.h>

#include <memory>

namespace tonearm::source {
namespace {

/// A proxy's errors in the words of RFC 9209 §2.3.
TEST(CurlError, IsNamedAsRfc9209Does) {
  const std::unique_ptr<CURL, void (*)(CURL*)> easy(curl_easy_init(), curl_easy_cleanup);
  const struct {
    CURLcode code;
    ErrorKind kind;
  } rows[]{
      {CURLE_COULDNT_RESOLVE_HOST, ErrorKind::dns_error},
      {CURLE_COULDNT_CONNECT, ErrorKind::connection_refused},
      // Of a handle that has never got as far as an address.
      {CURLE_OPERATION_TIMEDOUT, ErrorKind::dns_timeout},
      {CURLE_PEER_FAILED_VERIFICATION, ErrorKind::tls_certificate_error},
      {CURLE_SSL_CACERT_BADFILE, ErrorKind::tls_certificate_error},
      {CURLE_SSL_ISSUER_ERROR, ErrorKind::tls_certificate_error},
      {CURLE_SSL_CONNECT_ERROR, ErrorKind::tls_protocol_error},
      {CURLE_SSL_CIPHER, ErrorKind::tls_protocol_error},
      {CURLE_SEND_ERROR, ErrorKind::connection_terminated},
      {CURLE_RECV_ERROR, ErrorKind::connection_terminated},
      {CURLE_URL_MALFORMAT, ErrorKind::bad_locator},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(error_of_curl(row.code, easy.get(), {}).kind, row.kind) << row.code;
  }
}

TEST(CurlError, SaysWhatLibcurlSaysOfItElseWhatTheCodeMeans) {
  EXPECT_EQ(error_of_curl(CURLE_RECV_ERROR, nullptr, "Recv failure: reset").detail,
            "Recv failure: reset");
  EXPECT_EQ(error_of_curl(CURLE_RECV_ERROR, nullptr, {}).detail,
            curl_easy_strerror(CURLE_RECV_ERROR));
}

}  // namespace
}  // namespace tonearm::source
