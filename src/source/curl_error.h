#pragma once

#include "tonearm/base/error.h"

#include <curl/curl.h>

namespace tonearm::source {

/// A libcurl failure in the words of RFC 9209. `easy` is the handle it happened on.
Error error_of_curl(CURLcode code, CURL* easy);

}  // namespace tonearm::source
