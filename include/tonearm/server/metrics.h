#pragma once

#include "tonearm/base/error.h"
#include "tonearm/server/outcome.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace tonearm::server {

/// What /metrics shows. Shared by all loops; every member is thread-safe and never blocks for
/// longer than an increment. Counters only grow.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Once for each request, when it has ended. `status` 0: no head was sent.
  void request_finished(Outcome outcome, unsigned status);
  /// Once for each error that ended a request or was survived by it.
  void error_occurred(ErrorKind kind);
  /// From the end of the request's head to the first byte of the answer handed to the kernel.
  void first_byte_sent(std::chrono::nanoseconds since_request);

  /// Bytes handed to clients' sockets since the last call, heads included.
  void add_client_bytes(std::uint64_t bytes);
  /// What origins have cost since the last call.
  void add_origin_use(std::uint64_t bytes, std::uint64_t requests, std::uint64_t resumes);

  void connection_opened();
  void connection_closed();
  void access_log_lines_dropped(std::uint64_t lines);

  /// The text exposition format 0.0.4; `running_streams` is a gauge of this moment.
  std::string expose(std::size_t running_streams);

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

}  // namespace tonearm::server
