#include "tonearm/source/http_library.h"

#include <curl/curl.h>

#include <stdexcept>
#include <string>

namespace tonearm::source {

HttpLibrary::HttpLibrary() {
  const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) {
    throw std::runtime_error(std::string("libcurl cannot be initialised: ") +
                             curl_easy_strerror(initialised));
  }
}

HttpLibrary::~HttpLibrary() { curl_global_cleanup(); }

}  // namespace tonearm::source
