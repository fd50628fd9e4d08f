#pragma once

#include "tonearm/source/http_options.h"

#include "source/curl_multi.h"

#include <curl/curl.h>

#include <memory>
#include <vector>

namespace tonearm::source {

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

struct HeaderListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, HeaderListDeleter>;

/// Handles that keep the options which never change, so that a request sets only its own.
/// One loop; outlives the transfers that took handles from it.
class EasyPool {
 public:
  EasyPool(CurlMulti& multi, const HttpOptions& options) : multi_(multi), options_(options) {}

  Easy take();
  void give_back(Easy easy);

 private:
  Easy make();

  CurlMulti& multi_;
  const HttpOptions& options_;
  std::vector<Easy> idle_;
};

/// Bytes of libcurl's receive buffer, and so the most that one read can bring: half of the stream's
/// buffer, so that the client's half can drain while the other fills.
std::size_t receive_size(const HttpOptions& options);

}  // namespace tonearm::source
