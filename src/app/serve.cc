#include "tonearm/source/http_library.h"

#include "app/absences.h"
#include "app/commands.h"
#include "app/service.h"

#include <spdlog/spdlog.h>

#include <malloc.h>

#include <csignal>
#include <utility>

namespace tonearm::app {
namespace {

/// glibc gives every larger block back to the kernel at once; receive buffers come and go with each
/// transfer, and faulting them in anew costs a third of a small request.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024);
  mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
  // Each free of a receive buffer would else take all fast bins apart.
  mallopt(M_MXFAST, 0);
}

}  // namespace

int run_serve(const Config& config, Reread reread) {
  keep_freed_memory();
  std::signal(SIGPIPE, SIG_IGN);
  const source::HttpLibrary http;
  Service service(config, std::move(reread));
  const Result<void> opened = service.open();
  if (!opened) return complain(opened.error().detail, 1);
  for (const std::string& line : absences(config)) spdlog::warn("{}", line);
  service.run();
  spdlog::info("stopped");
  return 0;
}

}  // namespace tonearm::app
