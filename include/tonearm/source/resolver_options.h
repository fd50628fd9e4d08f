#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tonearm::source {

/// One [resolver.NAME]. Sizes are bytes.
struct ResolverOptions {
  /// The program and its arguments; `{}` in an argument stands for what is to be resolved.
  std::vector<std::string> command;
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds ttl{3'600'000};
  /// Of its commands at once, in the whole process; others wait in order.
  std::size_t max_running = 4;
  /// Upper bound of one request to what it resolves to; 0: none.
  std::uint64_t window = 1024 * 1024;

  friend bool operator==(const ResolverOptions&, const ResolverOptions&) = default;
};

}  // namespace tonearm::source
