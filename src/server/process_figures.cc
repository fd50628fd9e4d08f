#include "server/process_figures.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace tonearm::server {
namespace {

std::uint64_t count_descriptors() {
  struct stat directory {};
  // Since Linux 6.2 the directory's size is their number; before, it is 0.
  if (::stat("/proc/self/fd", &directory) == 0 && directory.st_size > 0) {
    return static_cast<std::uint64_t>(directory.st_size);
  }
  std::error_code failed;
  const std::filesystem::directory_iterator all("/proc/self/fd", failed);
  if (failed) return 0;
  const auto count = std::distance(begin(all), end(all));
  return static_cast<std::uint64_t>(count) - 1;  // the one that it is read through
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

ProcessFigures read_process_figures() {
  ProcessFigures figures;
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    figures.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  }
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::uint64_t virtual_pages = 0;
  std::uint64_t resident_pages = 0;
  if (std::ifstream("/proc/self/statm") >> virtual_pages >> resident_pages) {
    figures.virtual_bytes = virtual_pages * page;
    figures.resident_bytes = resident_pages * page;
  }
  figures.open_descriptors = count_descriptors();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.most_descriptors = limit.rlim_cur;
  return figures;
}

}  // namespace tonearm::server
