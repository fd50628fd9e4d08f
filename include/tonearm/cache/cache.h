#pragma once

#include "tonearm/base/locator.h"
#include "tonearm/base/result.h"
#include "tonearm/cache/options.h"
#include "tonearm/source/resource.h"

#include <cstdint>
#include <memory>
#include <string>

namespace tonearm::cache {

class Store;

/// What the cache has done and holds, for /metrics and GET /cache. Counters only grow.
struct Statistics {
  // Songs' answers with a body, by where its bytes came from.
  std::uint64_t hits = 0;
  std::uint64_t partial = 0;
  std::uint64_t misses = 0;
  // Bytes handed to clients from the disk, and from a fill as they came.
  std::uint64_t kept_bytes = 0;
  std::uint64_t arriving_bytes = 0;
  // Fills by outcome, and those who read along with one that another had begun.
  std::uint64_t fills_done = 0;
  std::uint64_t fills_failed = 0;
  std::uint64_t fills_abandoned = 0;
  std::uint64_t fills_changed = 0;
  std::uint64_t followers = 0;
  std::uint64_t running_fills = 0;
  std::uint64_t evictions = 0;
  /// What fills have cost origins after the request that began them was over.
  source::OriginUse unclaimed;
  // The directory at this moment.
  /// Whether what comes is kept: not while it cannot be used, nor while it is searched at start.
  bool writable = false;
  std::uint64_t songs = 0;
  std::uint64_t pieces = 0;
  std::uint64_t bytes = 0;
  std::uint64_t size = 0;
};

/// The disk cache of one process, shared by all loops. Thread-safe. Destroyed after the loops,
/// since what their requests still hold is given back to it; see also stop().
class Cache {
 public:
  /// Opens the directory; whatever is wrong with it is a warning, and then nothing is kept.
  explicit Cache(Options options);
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  /// Ends every fill. Blocks until they are unwound, for which the loops must still run; nothing
  /// may be asked of the cache afterwards.
  void stop();

  /// Holds for what begins from now on; a smaller size within a second or two.
  void change(const Policy& policy);

  /// Forgets what is kept under this key (key_of()). On any loop; comes back there. An error when
  /// files of it are left, which the next process may find.
  io::Task<Result<void>> forget(std::string key);

  Statistics statistics() const;

  Store& store() { return *store_; }

 private:
  std::unique_ptr<Store> store_;
};

/// What the cache calls a song: what its locator says, and where that is looked up.
std::string key_of(const Locator& locator, const std::string& scope);

}  // namespace tonearm::cache
