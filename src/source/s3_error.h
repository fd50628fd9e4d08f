#pragma once

#include "tonearm/base/error.h"

#include <string>
#include <string_view>

namespace tonearm::source {

/// What S3 says in the XML body of a refusal. Pure; what it holds has no other bytes than letters,
/// digits, '.' and '-', so that a log line cannot be forged with it.
struct S3Refusal {
  std::string code;    ///< `AccessDenied`; empty when the body names none.
  std::string region;  ///< Where the bucket is, or is to be signed for; mostly empty.
};

/// `body` may be cut off anywhere.
S3Refusal parse_s3_refusal(std::string_view body);

/// Whether other keys may be let in where these were not.
bool refuses_keys(unsigned status, std::string_view code);

/// NoSuchKey and NoSuchBucket are destination_not_found, all else is origin_refused; the detail
/// names the code, and for a skewed clock the cure.
Error error_of_s3(unsigned status, std::string_view code);

}  // namespace tonearm::source
