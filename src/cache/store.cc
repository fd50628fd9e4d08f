#include "cache/store.h"

#include "tonearm/base/checksum.h"

#include <sys/resource.h>

#include <algorithm>
#include <random>
#include <utility>

namespace tonearm::cache {
namespace {

constexpr std::chrono::seconds longest_unwinding{5};
/// A small directory is known before the first request; a large one keeps nobody waiting.
constexpr std::chrono::milliseconds longest_start{50};

/// A quarter of what the process may have: the rest is for connections.
std::size_t descriptors_for_pieces() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  return static_cast<std::size_t>(std::clamp<rlim_t>(limit.rlim_cur / 4, 64, 4096));
}

/// A fill that is bound to less than what comes at a time only stops and starts.
Policy usable(const Policy& asked) {
  constexpr std::uint64_t least = 128 * 1024 + block_size;
  Policy policy = asked;
  policy.read_ahead = std::max(policy.read_ahead, least);
  return policy;
}

/// Those that nobody asks for now; what is kept of them is found on the disk again. They go
/// elsewhere, since they may have many files open.
template <class Entries>
std::shared_ptr<Entries> take_unused(Entries& entries) {
  Entries used;
  for (auto next = entries.begin(); next != entries.end();) {
    const auto entry = next++;
    if (entry->second.use_count() > 1) used.insert(entries.extract(entry));
  }
  entries.swap(used);
  return std::make_shared<Entries>(std::move(used));
}

std::uint64_t random_number() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

Store::Store(Options options)
    : policy_(usable(options)),
      most_open_(descriptors_for_pieces()),
      disk_(std::move(options.path), options.size,
            [this](const std::string& song, std::uint64_t version, std::uint64_t slice, bool last) {
              evicted(song, version, slice, last);
            }) {
  disk_.wait_until_scanned(longest_start);
}

Store::~Store() { pool_.join(); }

Policy Store::policy() const {
  const std::lock_guard lock(policy_mutex_);
  return policy_;
}

void Store::change(const Policy& policy) {
  {
    const std::lock_guard lock(policy_mutex_);
    policy_ = usable(policy);
  }
  disk_.resize(policy.size);
}

std::shared_ptr<Entry> Store::entry(const std::string& key) {
  const std::string song = hash_name(key);
  std::shared_ptr<Entry> found;
  std::shared_ptr<const void> unused;
  {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<Entry>& entry = entries_[song];
    if (!entry) entry = std::make_shared<Entry>(key);
    found = entry;
    if (entries_.size() > sweep_at_) {
      unused = take_unused(entries_);
      sweep_at_ = std::max<std::size_t>(10'000, 2 * entries_.size());
    }
  }
  if (unused) disk_.destroy_later(std::move(unused));
  // Two keys of one hash are not to be expected; they would only take turns.
  return found->key == key ? found : std::make_shared<Entry>(key);
}

Result<std::shared_ptr<Version>> Store::load(const std::string& key) {
  const std::shared_ptr<Version> none;
  std::string song = hash_name(key);
  Result<std::optional<SongRecord>> loaded = disk_.load_record(song);
  if (!loaded) return loaded.error();
  std::optional<SongRecord>& record = *loaded;
  if (!record || record->key != key) return none;
  const auto version = std::make_shared<Version>(disk_, song, std::move(*record), true);
  if (!version->whole_only()) return version;
  if (disk_.has_all(song, version->number(), version->geometry().slices())) return version;
  throw_away(*version);
  return none;
}

std::shared_ptr<Version> Store::make_version(const std::string& key,
                                             const http::Representation& what, bool whole_only) {
  SongRecord record;
  record.key = key;
  record.version = random_number();
  record.slice_size = usable_slice_size(policy().slice);
  record.whole_only = whole_only;
  record.what = what;
  return std::make_shared<Version>(disk_, hash_name(key), std::move(record), false);
}

bool Store::throw_away(Version& version) {
  retire(version);
  return disk_.forget(version.song(), version.number());
}

bool Store::forget(const std::string& key, Version* version) {
  if (version != nullptr) retire(*version);
  return disk_.forget(hash_name(key));
}

/// Nobody finds it any more; who plays it reads on.
void Store::retire(Version& version) {
  version.kill();
  if (version.is_held()) keep_open(version);
}

/// Files that are open outlive their names.
void Store::keep_open(Version& version) {
  const Geometry geometry = version.geometry();
  // What is not known of yet can be looked for by name.
  const bool by_name = !disk_.is_scanned() && geometry.length != endless;
  const auto next = [&](std::uint64_t slice) {
    if (!by_name) return disk_.next_piece(version.song(), version.number(), slice);
    return slice < geometry.slices() ? std::optional(slice) : std::nullopt;
  };
  for (auto slice = next(0); slice; slice = next(*slice + 1)) {
    save_descriptors();
    if (has_too_many_open()) return;
    version.load(*slice);
  }
}

void Store::save_descriptors() {
  if (has_too_many_open()) close_idle();
}

bool Store::load_piece(Version& version, std::uint64_t position) {
  save_descriptors();
  return version.load(version.geometry().slice_at(position));
}

void Store::close_idle() {
  std::vector<std::shared_ptr<Entry>> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [song, entry] : entries_) all.push_back(entry);
  }
  for (const auto& entry : all) {
    std::shared_ptr<Version> version;
    {
      const std::lock_guard lock(entry->mutex);
      version = entry->version;
    }
    if (version) version->close_idle();
  }
}

void Store::evicted(const std::string& song, std::uint64_t number, std::uint64_t slice, bool last) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(song);
    if (found == entries_.end()) return;
    entry = found->second;
  }
  std::shared_ptr<Version> version;
  {
    const std::lock_guard lock(entry->mutex);
    version = entry->version;
  }
  if (version && version->number() == number) version->evicted(slice, last);
}

bool Store::started(const std::shared_ptr<Fill>& fill) {
  const std::lock_guard lock(mutex_);
  if (!stopping_) fills_.insert(fill);
  return !stopping_;
}

void Store::ended(const std::shared_ptr<Fill>& fill) {
  const auto outcome = fill->outcome().value_or(FillOutcome::failed);
  ++counters_.outcomes[static_cast<std::size_t>(outcome)];
  close_account(*fill);
  const std::lock_guard lock(mutex_);
  fills_.erase(fill);
  if (fills_.empty()) no_fills_.notify_all();
}

void Store::close_account(Fill& fill) {
  const source::OriginUse rest = fill.close_account();
  const std::lock_guard lock(mutex_);
  unclaimed_ += rest;
}

void Store::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  for (const auto& fill : fills_) fill->cancel();
  no_fills_.wait_for(lock, longest_unwinding, [this] { return fills_.empty(); });
  lock.unlock();
  pool_.join();
}

Statistics Store::statistics() const {
  Statistics now;
  now.hits = counters_.hits;
  now.partial = counters_.partial;
  now.misses = counters_.misses;
  now.kept_bytes = counters_.kept_bytes;
  now.arriving_bytes = counters_.arriving_bytes;
  const auto ended_as = [this](FillOutcome outcome) {
    return counters_.outcomes[static_cast<std::size_t>(outcome)].load();
  };
  now.fills_done = ended_as(FillOutcome::done);
  now.fills_failed = ended_as(FillOutcome::failed);
  now.fills_abandoned = ended_as(FillOutcome::abandoned);
  now.fills_changed = ended_as(FillOutcome::changed);
  now.followers = counters_.followers;
  const Inventory::Totals totals = disk_.totals();
  now.evictions = totals.evictions;
  now.songs = totals.songs;
  now.pieces = totals.pieces;
  now.bytes = totals.bytes;
  now.size = disk_.size();
  now.writable = disk_.writable();
  const std::lock_guard lock(mutex_);
  now.running_fills = fills_.size();
  now.unclaimed = unclaimed_;
  return now;
}

}  // namespace tonearm::cache
