#pragma once

#include "tonearm/base/error.h"
#include "tonearm/cache/cache.h"
#include "tonearm/server/outcome.h"
#include "tonearm/source/resource.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tonearm::server {

/// What /metrics shows. Shared by all loops; every member is thread-safe. What is told here waits
/// for no more than an increment, or a scrape's copy of one series; update_cache() and expose() are
/// the scrape's own, and wait for each other. Counters only grow.
class Metrics {
 public:
  /// `version`: of the program.
  explicit Metrics(std::string_view version = {});
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Once for each request, when it has ended. `status` 0: no head was sent. `source`: the kind
  /// that the access log names, "http" or the like; empty when it got to none.
  void request_finished(Outcome outcome, unsigned status, std::string_view source);
  /// Once for each error that ended a request or was survived by it.
  void error_occurred(ErrorKind kind);
  /// From the end of the request's head to the first byte of the answer handed to the kernel.
  void first_byte_sent(std::chrono::nanoseconds since_request);

  /// Bytes handed to clients' sockets since the last call, heads included.
  void add_client_bytes(std::uint64_t bytes);
  /// What origins of this kind have cost since the last call.
  void add_origin_use(std::string_view source, const source::OriginUse& use);
  /// From the start of one request to an origin, connecting included, to the end of its response
  /// head.
  void origin_answered(std::chrono::nanoseconds after);
  /// How long the catalog took for one song.
  void catalog_answered(std::chrono::nanoseconds after);
  void configuration_reloaded(bool successfully);

  /// How long a loop's timer waited for its turn.
  void loop_was_late(std::chrono::nanoseconds by);

  void connection_opened();
  void connection_closed();
  void access_log_lines_dropped(std::uint64_t lines);

  /// What the cache has done so far, before expose(). Where an older look comes after a later one
  /// no counter moves; gauges show what came last.
  void update_cache(const cache::Statistics& now);

  /// The text exposition format 0.0.4, with the process's own figures; `running_streams` is a gauge
  /// of this moment. Reads /proc: before Linux 6.2 it lists every open descriptor, some
  /// microseconds each.
  std::string expose(std::size_t running_streams);

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

}  // namespace tonearm::server
