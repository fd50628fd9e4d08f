#include "server/cache_metrics.h"

#include "server/series.h"

namespace tonearm::server {
namespace {

using prometheus::Counter;
using prometheus::Registry;

Counter& answers(Registry& registry, const char* state) {
  return add_counter(registry, "tonearm_cache_responses_total",
                     "Songs' answers with a body, by where it came from.", {{"state", state}});
}

Counter& bytes(Registry& registry, const char* from) {
  return add_counter(registry, "tonearm_cache_bytes_total",
                     "Bytes handed to clients from the disk, and as they came from an origin.",
                     {{"from", from}});
}

Counter& fills(Registry& registry, const char* outcome) {
  return add_counter(registry, "tonearm_cache_fills_total",
                     "Fetches of missing bytes that have ended, by outcome.",
                     {{"outcome", outcome}});
}

/// A counter only grows: by what the statistics have grown.
void advance(Counter& counter, std::uint64_t now) {
  counter.Increment(static_cast<double>(now) - counter.Value());
}

}  // namespace

CacheMetrics::CacheMetrics(Registry& registry)
    : hits_(answers(registry, "hit")),
      partial_(answers(registry, "partial")),
      misses_(answers(registry, "miss")),
      kept_bytes_(bytes(registry, "disk")),
      arriving_bytes_(bytes(registry, "origin")),
      fills_done_(fills(registry, "done")),
      fills_failed_(fills(registry, "failed")),
      fills_abandoned_(fills(registry, "abandoned")),
      fills_changed_(fills(registry, "changed")),
      followers_(add_counter(registry, "tonearm_cache_followers_total",
                             "Readers that joined a fetch that another had begun.", {})),
      evictions_(add_counter(registry, "tonearm_cache_evictions_total",
                             "Pieces removed to make room for others.", {})),
      running_fills_(
          add_gauge(registry, "tonearm_cache_running_fills", "Fetches of missing bytes now.")),
      writable_(add_gauge(registry, "tonearm_cache_writable",
                          "1 while the cache's directory takes what comes, else 0.")),
      songs_(add_gauge(registry, "tonearm_cache_songs", "Songs of which something is kept.")),
      bytes_(add_gauge(registry, "tonearm_cache_bytes", "Bytes that the cache takes on its disk.")),
      size_(
          add_gauge(registry, "tonearm_cache_size_bytes", "The bound of the cache: cache.size.")) {}

void CacheMetrics::update(const cache::Statistics& now) {
  const std::lock_guard lock(mutex_);
  advance(hits_, now.hits);
  advance(partial_, now.partial);
  advance(misses_, now.misses);
  advance(kept_bytes_, now.kept_bytes);
  advance(arriving_bytes_, now.arriving_bytes);
  advance(fills_done_, now.fills_done);
  advance(fills_failed_, now.fills_failed);
  advance(fills_abandoned_, now.fills_abandoned);
  advance(fills_changed_, now.fills_changed);
  advance(followers_, now.followers);
  advance(evictions_, now.evictions);
  running_fills_.Set(static_cast<double>(now.running_fills));
  writable_.Set(now.writable ? 1 : 0);
  songs_.Set(static_cast<double>(now.songs));
  bytes_.Set(static_cast<double>(now.bytes));
  size_.Set(static_cast<double>(now.size));
}

}  // namespace tonearm::server
