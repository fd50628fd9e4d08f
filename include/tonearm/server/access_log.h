#pragma once

#include "tonearm/base/result.h"
#include "tonearm/server/outcome.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tonearm::server {

class Metrics;

/// One line of the access log. Views are read only during AccessLog::write(). What is empty is
/// written as null.
struct AccessRecord {
  std::chrono::system_clock::time_point time;  ///< When the request's head was complete.
  std::string_view request_id;
  std::string_view client;
  std::string_view method;
  /// The target as received; its query, which may hold a signature, is not written.
  std::string_view target;
  unsigned status = 0;      ///< 0: no head was sent.
  std::string_view range;   ///< The Range field.
  std::uint64_t bytes = 0;  ///< Of the body, handed to the client's socket.
  std::chrono::nanoseconds duration{0};
  std::optional<std::chrono::nanoseconds> ttfb;
  std::string_view song;    ///< The id.
  std::string_view source;  ///< The kind of source ("http"), never where it is.
  std::uint64_t origin_bytes = 0;
  std::string_view cache;
  Outcome outcome = Outcome::done;
  std::string_view user_agent;
};

/// One JSON object, a newline behind it. Valid UTF-8 whatever the views hold.
std::string format_access_line(const AccessRecord& record);

struct AccessLogOptions {
  std::string target = "-";  ///< log.access: "-" is stdout, a path is appended to, "" is none.
  /// Bytes that may wait for a slow disk or a full pipe; lines beyond are dropped and counted.
  std::size_t capacity = 4 * 1024 * 1024;
  /// How long the destructor waits for what is still to be written.
  std::chrono::milliseconds flush_timeout{1'000};
};

/// The access log: loops append to memory, one thread of its own writes. Thread-safe; write() never
/// waits for the disk or the pipe.
class AccessLog {
 public:
  /// Fails when the file cannot be opened; it is created with mode 0640. `metrics` outlives the log
  /// and counts the lines that were dropped.
  static Result<std::unique_ptr<AccessLog>> open(AccessLogOptions options, Metrics& metrics);
  /// Writes out what is left, for at most flush_timeout.
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void write(const AccessRecord& record);
  /// Opens `target` (as log.access), also when it is the same path, for logrotate; lines that wait
  /// go there. After an error the old one stays. One thread at a time.
  Result<void> reopen(const std::string& target);

 private:
  class Writer;
  explicit AccessLog(std::unique_ptr<Writer> writer);

  std::unique_ptr<Writer> writer_;
};

}  // namespace tonearm::server
