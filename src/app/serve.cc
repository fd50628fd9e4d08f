#include "app/commands.h"
#include "app/service.h"

#include <curl/curl.h>
#include <spdlog/spdlog.h>

#include <malloc.h>

#include <csignal>
#include <utility>

namespace tonearm::app {
namespace {

/// glibc gives every larger block back to the kernel at once; libcurl's receive buffers and ours
/// come and go with each transfer, and faulting them in anew costs a third of a small request.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024);
  mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
}

}  // namespace

int run_serve(const Config& config, Reread reread) {
  keep_freed_memory();
  std::signal(SIGPIPE, SIG_IGN);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  int status = 0;
  {
    Service service(config, std::move(reread));
    const Result<void> opened = service.open();
    if (opened) {
      service.run();
      spdlog::info("stopped");
    } else {
      status = complain(opened.error().detail, 1);
    }
  }
  curl_global_cleanup();
  return status;
}

}  // namespace tonearm::app
