#pragma once

#include "tonearm/cache/cache.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <mutex>

namespace tonearm::server {

/// The series that the cache's statistics become. Thread-safe.
class CacheMetrics {
 public:
  explicit CacheMetrics(prometheus::Registry& registry);

  /// Before a scrape: what has come since the last one.
  void update(const cache::Statistics& now);

 private:
  using Counter = prometheus::Counter;
  using Gauge = prometheus::Gauge;

  std::mutex mutex_;
  Counter& hits_;
  Counter& partial_;
  Counter& misses_;
  Counter& kept_bytes_;
  Counter& arriving_bytes_;
  Counter& fills_done_;
  Counter& fills_failed_;
  Counter& fills_abandoned_;
  Counter& fills_changed_;
  Counter& followers_;
  Counter& evictions_;
  Gauge& running_fills_;
  Gauge& writable_;
  Gauge& songs_;
  Gauge& bytes_;
  Gauge& size_;
};

}  // namespace tonearm::server
