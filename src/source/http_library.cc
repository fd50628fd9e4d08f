#include "tonearm/source/http_library.h"

#include <curl/curl.h>

#include <clocale>
#include <stdexcept>
#include <string>

namespace tonearm::source {

HttpLibrary::HttpLibrary() {
  // A host's letters beyond ASCII are UTF-8; libcurl (7.88) takes them for what the locale says.
  std::setlocale(LC_CTYPE, "C.UTF-8");
  const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) {
    throw std::runtime_error(std::string("libcurl cannot be initialised: ") +
                             curl_easy_strerror(initialised));
  }
}

HttpLibrary::~HttpLibrary() { curl_global_cleanup(); }

}  // namespace tonearm::source
