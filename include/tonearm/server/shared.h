#pragma once

#include "tonearm/cache/cache.h"
#include "tonearm/io/blocking_pool.h"
#include "tonearm/server/access_log.h"
#include "tonearm/server/metrics.h"
#include "tonearm/server/playing_songs.h"
#include "tonearm/server/request_limiter.h"
#include "tonearm/server/running_streams.h"
#include "tonearm/server/throttle.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

namespace tonearm::server {

/// What the loops of one process have in common. Made by app, outlives all loops. Every member may
/// be used from any thread; access_log is set before the first loop starts.
struct Shared {
  /// `version`: of the program.
  explicit Shared(std::string_view version = {}) : metrics(version) {}

  Metrics metrics;
  RunningStreams streams;
  RequestLimiter requests;
  PlayingSongs playing;
  std::unique_ptr<AccessLog> access_log;  ///< Null: no log is kept.
  /// Set before the first loop starts; null: there is none.
  cache::Cache* cache = nullptr;
  /// Set before the first loop starts: makes the text of long lists; null: the loops do.
  io::BlockingPool* list_pool = nullptr;
  /// Set before the first loop starts: how many there are.
  std::size_t loops = 1;
  Throttle descriptor_warnings{std::chrono::seconds(10)};
  SongThrottle stale_warnings{std::chrono::minutes(1)};
  /// Client connections that are open, the refused ones not counted.
  std::atomic<std::size_t> connections{0};
  /// Set before the loops are told to drain: /readyz is 503, answers carry Connection: close.
  std::atomic<bool> draining{false};
};

}  // namespace tonearm::server
