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
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>

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

  template <class Work>
  using Answer = std::optional<std::invoke_result_t<Work>>;
  /// Runs what blocks on the disk, on the pool. `work` owns all that it uses but the store. Empty:
  /// the disk does not answer. What had begun to wait for it when it fell silent goes on all the
  /// same, what comes later is not done.
  template <class Work>
  io::Task<Answer<Work>> ask_disk(Work work);
  /// The same for what must be done, however late.
  template <class Work>
  io::Task<Answer<Work>> tell_disk(Work work);

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
  /// Blocks. Reads which blocks the piece at `position` has. False: that cannot be told now.
  bool load_piece(Version& version, std::uint64_t position);

  /// A fill is on its way; false when the cache is being stopped.
  bool started(const std::shared_ptr<Fill>& fill);
  void ended(const std::shared_ptr<Fill>& fill);
  /// Of the request that began the fill, when that is over.
  void close_account(Fill& fill);
  void stop();

 private:
  template <class Work>
  io::Task<Answer<Work>> wait_for_disk(Work work);
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
  /// What must be done waits in line while the disk is silent: each a few hundred bytes.
  static constexpr std::size_t most_waiting = 10'000;
  io::BlockingPool pool_{4, most_waiting};
};

template <class Work>
io::Task<Store::Answer<Work>> Store::ask_disk(Work work) {
  if (disk_.is_silent()) co_return std::nullopt;
  co_return co_await wait_for_disk(std::move(work));
}

template <class Work>
io::Task<Store::Answer<Work>> Store::tell_disk(Work work) {
  if (!disk_.is_silent()) co_return co_await wait_for_disk(std::move(work));
  const auto no_patience = [] { return io::Clock::duration::zero(); };
  // cppcheck-suppress accessMoved ; it does not know co_return
  co_return co_await pool_.run_with_patience(std::move(work), no_patience);
}

template <class Work>
io::Task<Store::Answer<Work>> Store::wait_for_disk(Work work) {
  const auto question = disk_.silence().ask();
  auto ask = [question, work = std::move(work)]() mutable {
    const Silence::Asking asking(*question);
    return work();
  };
  const auto patience = [question] { return question->patience(Silence::Clock::now()); };
  Answer<Work> answer = co_await pool_.run_with_patience(std::move(ask), patience);
  if (!answer) question->give_up();
  co_return answer;
}

}  // namespace tonearm::cache
