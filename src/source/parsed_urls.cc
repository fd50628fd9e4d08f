#include "source/parsed_urls.h"

#include <new>

namespace tonearm::source {

ParsedUrl ParsedUrls::parse(const std::string& url) {
  if (const ParsedUrl* known = recent_.find(url)) return *known;
  ParsedUrl parsed(curl_url(), &curl_url_cleanup);
  if (!parsed) throw std::bad_alloc();
  // As it stands: an origin may tell "a/../b" from "b" (CURLOPT_PATH_AS_IS).
  const CURLUcode refused =
      curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_PATH_AS_IS);
  if (refused == CURLUE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (refused != CURLUE_OK) return nullptr;
  recent_.remember(url, parsed);
  return parsed;
}

}  // namespace tonearm::source
