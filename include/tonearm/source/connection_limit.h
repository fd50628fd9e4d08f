#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace tonearm::source {

/// upstream.max_connections_per_host: the connections of all loops, counted by authority.
/// Thread-safe.
class ConnectionLimit {
 public:
  class Host;

  /// At least 1.
  explicit ConnectionLimit(std::size_t most = 512);
  ~ConnectionLimit();

  /// What is open past a lower one stays; at least 1.
  void set_most(std::size_t most);

  /// Those of one authority. Costs a lookup: whoever asks often keeps it.
  std::shared_ptr<Host> host(const std::string& authority);

 private:
  const std::shared_ptr<std::atomic<std::size_t>> most_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Host>> hosts_;  ///< Guarded by mutex_.
};

}  // namespace tonearm::source
