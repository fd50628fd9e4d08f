#pragma once

#include "tonearm/cache/cache.h"
#include "tonearm/cache/options.h"
#include "tonearm/io/blocking_pool.h"

#include "cache/disk.h"
#include "cache/entry.h"
#include "cache/fill.h"
#include "cache/version.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace tonearm::cache {

/// The counters of Statistics.
struct Counters {
  std::atomic<std::uint64_t> hits{0};
  std::atomic<std::uint64_t> partial{0};
  std::atomic<std::uint64_t> misses{0};
  std::atomic<std::uint64_t> kept_bytes{0};
  std::atomic<std::uint64_t> arriving_bytes{0};
  std::atomic<std::uint64_t> outcomes[4]{};
  std::atomic<std::uint64_t> followers{0};
};

/// The inside of a Cache: its songs, its disk, its running fills. Thread-safe.
class Store {
 public:
  explicit Store(Options options);
  ~Store();

  Policy policy() const;
  void change(const Policy& policy);
  Disk& disk() { return disk_; }
  io::BlockingPool& pool() { return pool_; }
  Counters& counters() { return counters_; }
  Statistics statistics() const;

  std::shared_ptr<Entry> entry(const std::string& key);

  /// Blocks: what the disk knows of a song; null: nothing. An error: that cannot be told now.
  Result<std::shared_ptr<Version>> load(const std::string& key);
  std::shared_ptr<Version> make_version(const std::string& key, const http::Representation& what,
                                        bool whole_only);
  /// Blocks. Who plays it reads on. False when files of it are left.
  bool throw_away(Version& version);
  /// Blocks. The same of all that lies there under a key; `version`: the current one, if one is.
  bool forget(const std::string& key, Version* version);
  /// Blocks. To be called before a piece is opened: closes idle ones when too many are open.
  void save_descriptors();

  /// A fill is on its way; false when the cache is being stopped.
  bool started(const std::shared_ptr<Fill>& fill);
  void ended(const std::shared_ptr<Fill>& fill);
  /// Of the request that began the fill, when that is over.
  void close_account(Fill& fill);
  void stop();

 private:
  void retire(Version& version);
  void keep_open(Version& version);
  void close_idle();
  bool has_too_many_open() const { return File::open_count() > most_open_; }
  void evicted(const std::string& song, std::uint64_t version, std::uint64_t slice, bool last);

  mutable std::mutex policy_mutex_;
  Policy policy_;
  const std::size_t most_open_;
  Counters counters_;

  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Entry>> entries_;  ///< By hash_name().
  std::size_t sweep_at_ = 10'000;
  std::unordered_set<std::shared_ptr<Fill>> fills_;
  source::OriginUse unclaimed_;
  std::condition_variable no_fills_;
  bool stopping_ = false;

  Disk disk_;
  io::BlockingPool pool_{4};
};

}  // namespace tonearm::cache
