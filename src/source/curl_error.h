#pragma once

#include "tonearm/base/error.h"

#include <curl/curl.h>

#include <string_view>

namespace tonearm::source {

/// Why libcurl could not connect, in the words of RFC 9209. `easy` is the handle it happened on,
/// `said` what libcurl left in its CURLOPT_ERRORBUFFER; it may be empty.
Error error_of_curl(CURLcode code, CURL* easy, std::string_view said);

}  // namespace tonearm::source
