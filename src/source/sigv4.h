#pragma once

#include "tonearm/source/s3_account.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tonearm::source {

/// AWS Signature Version 4 in the Authorization field, as S3 documents it ("Authenticating
/// Requests"). Pure: the time comes in. Not libcurl's: that of 7.88 signs keys with special bytes
/// wrongly.
///
/// A request as it is signed. All fields of the request may be left out but Host and x-amz-*.
struct SigningRequest {
  std::string method = "GET";
  std::string path = "/";  ///< As it is sent: aws_encode()d, once.
  std::string query;       ///< As it is sent: encoded, sorted, `name=value`.
  std::vector<std::pair<std::string, std::string>> fields;  ///< Names in lower case.
  std::string payload_hash;                                 ///< x-amz-content-sha256.
};

/// x-amz-content-sha256 of a request without a body.
inline constexpr std::string_view empty_payload =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Every byte but A-Z a-z 0-9 - . _ ~ and '/' as %XX, upper case.
std::string aws_encode(std::string_view path);

/// The fields sorted by name, and what S3 hashes: for tests and for whoever debugs a signature.
std::string canonical_request(SigningRequest request);
std::string string_to_sign(const SigningRequest& request, std::string_view region,
                           std::chrono::sys_seconds time);

/// The value of Authorization.
std::string authorization(const SigningRequest& request, const AwsKeys& keys,
                          std::string_view region, std::chrono::sys_seconds time);

}  // namespace tonearm::source
