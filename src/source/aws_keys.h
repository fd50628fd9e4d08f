#pragma once

#include "tonearm/source/s3_account.h"

#include <functional>
#include <string>

namespace tonearm::source {

/// The value of an environment variable, empty when it is not set.
using Environment = std::function<std::string(const std::string&)>;

/// What AWS's own tools would take: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN,
/// else AWS_PROFILE of AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials, else none. It is a fault
/// when one of these two names what does not hold any, and when the file in the home directory is
/// there but cannot be read or holds half of the default profile. Reads a file: it blocks.
AwsKeys find_aws_keys(const Environment& environment);

}  // namespace tonearm::source
