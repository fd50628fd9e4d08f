#pragma once

#include "tonearm/cache/cache.h"
#include "tonearm/cache/options.h"
#include "tonearm/io/blocking_pool.h"

#include "cache/disk.h"
#include "cache/fill.h"
#include "cache/version.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace tonearm::cache {

using Clock = std::chrono::steady_clock;

/// One question to the origin about a whole song: what it is, or whether it is still the same. Who
/// comes meanwhile waits for the answer instead of asking, too.
struct Visit {
  enum class Result {
    pending,
    current,    ///< `version` is what the origin has, as it said just now.
    not_found,  ///< `error`.
    failed,     ///< `error`: nothing was learned.
    pass,       ///< It must not or cannot be kept.
  };
  explicit Visit(std::shared_ptr<Fill> with) : fill(std::move(with)) {}
  void found(std::shared_ptr<Version> current) {
    version = std::move(current);
    hold = Version::Hold(version);
  }

  /// Carries the first bytes, and wakes who waits; the members below are set before it does.
  const std::shared_ptr<Fill> fill;
  Result result = Result::pending;
  std::shared_ptr<Version> version;
  Version::Hold hold;  ///< Until all who waited have it.
  bool revalidated = false;
  bool never_kept = false;  ///< With pass: by anybody's request.
  // With pass: whose request would have it kept, see brings_it().
  bool only_whole = false;
  bool in_ranges = false;
  bool down = true;  ///< With failed: the origin is, rather than that it refuses.
  Error error;
};

/// What is known of one song. Guarded by its mutex, which nobody holds across a wait.
struct Entry {
  explicit Entry(std::string of) : key(std::move(of)) {}

  const std::string key;
  std::mutex mutex;
  bool loaded = false;  ///< The disk was asked for a record.
  std::shared_ptr<Version> version;
  std::shared_ptr<Visit> visit;  ///< The one whose answer holds; none when the song is forgotten.
  Clock::time_point not_found_until{};
  Error not_found;
  Clock::time_point pass_until{};        ///< It is known not to be kept.
  Clock::time_point do_not_ask_until{};  ///< The origin has just failed.
};

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
class Shelf {
 public:
  explicit Shelf(Options options);
  ~Shelf();

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
  /// Blocks. To be called before a piece is opened: closes idle ones when too many are open. False
  /// when too many still are.
  bool save_descriptors();

  /// A fill is on its way; false when the cache is being stopped.
  bool started(const std::shared_ptr<Fill>& fill);
  void ended(const std::shared_ptr<Fill>& fill);
  /// Of the request that began the fill, when that is over.
  void close_account(Fill& fill);
  void stop();

 private:
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
