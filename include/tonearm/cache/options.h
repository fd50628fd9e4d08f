#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tonearm::cache {

/// What the cache takes from [cache]. Sizes are bytes.
struct Options {
  std::string path;  ///< The directory; made when it is not there.
  std::uint64_t size = 10ULL * 1024 * 1024 * 1024;
  std::uint64_t slice = 1024 * 1024;
  std::chrono::seconds fresh{3600};
  std::chrono::seconds stale_if_error{24 * 3600};
  std::chrono::milliseconds negative{10'000};
  std::uint64_t read_ahead = 2 * 1024 * 1024;
};

}  // namespace tonearm::cache
