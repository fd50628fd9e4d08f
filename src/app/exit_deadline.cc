#include "app/exit_deadline.h"

#include <spdlog/spdlog.h>

#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace tonearm::app {
namespace {

void end_unless(const std::stop_token& ended, std::chrono::milliseconds limit) {
  std::mutex mutex;
  // cppcheck-suppress localMutex ; for the wait alone, which guards nothing
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  never.wait_for(lock, ended, limit, [] { return false; });
  if (ended.stop_requested()) return;
  spdlog::error("{} ms later something still waits, for a disk perhaps: ending without it",
                limit.count());
  ::_exit(1);
}

}  // namespace

ExitDeadline::ExitDeadline(std::chrono::milliseconds limit)
    : thread_([limit](const std::stop_token& ended) { end_unless(ended, limit); }) {}

}  // namespace tonearm::app
