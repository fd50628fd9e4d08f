#pragma once

#include <cstdint>

namespace tonearm::server {

/// What this process uses now, as the kernel counts it.
struct ProcessFigures {
  double cpu_seconds = 0;  ///< User and system, of all threads.
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t most_descriptors = 0;  ///< The soft limit.
};

/// Reads /proc/self only; what cannot be read is 0.
ProcessFigures read_process_figures();

}  // namespace tonearm::server
