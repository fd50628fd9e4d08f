#pragma once

#include <string>

namespace tonearm::source {

/// What the S3 source takes from [s3].
struct S3Options {
  std::string endpoint = "https://s3.amazonaws.com";
  std::string region = "us-east-1";
  /// Empty: the AWS_* environment, then the shared credentials file, else unsigned requests.
  std::string access_key;
  std::string secret_key;
  std::string session_token;
  bool path_style = false;

  friend bool operator==(const S3Options&, const S3Options&) = default;
};

}  // namespace tonearm::source
