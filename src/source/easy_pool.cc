#include "source/easy_pool.h"

#include <algorithm>
#include <new>

namespace tonearm::source {
namespace {

constexpr std::size_t most_idle_handles = 256;

}  // namespace

std::size_t receive_size(const HttpOptions& options) {
  return std::clamp<std::size_t>(options.buffer / 2, 16 * 1024, 128 * 1024);
}

Easy EasyPool::take() {
  if (idle_.empty()) return make();
  Easy easy = std::move(idle_.back());
  idle_.pop_back();
  return easy;
}

void EasyPool::give_back(Easy easy) {
  if (idle_.size() < most_idle_handles) idle_.push_back(std::move(easy));
}

Easy EasyPool::make() {
  Easy owner(curl_easy_init());
  CURL* easy = owner.get();
  if (easy == nullptr) throw std::bad_alloc();
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // Without it, removing a handle waits for its name-lookup thread.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  // Else the environment is searched for exceptions, for each transfer.
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, static_cast<long>(receive_size(options_)));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options_.connect_timeout.count()));
  if (!options_.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);  // Debian's libcurl has the system's as well
  }
  multi_.adopt(easy);
  return owner;
}

}  // namespace tonearm::source
