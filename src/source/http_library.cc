#include "tonearm/source/http_library.h"

#include <curl/curl.h>

namespace tonearm::source {

HttpLibrary::HttpLibrary() { curl_global_init(CURL_GLOBAL_DEFAULT); }

HttpLibrary::~HttpLibrary() { curl_global_cleanup(); }

}  // namespace tonearm::source
