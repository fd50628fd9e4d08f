#pragma once

#include <string>

namespace tonearm::app {

/// The error log: spdlog's default logger writes to stderr for as long as this lives. Nobody who
/// logs waits for whoever reads it: what a full pipe does not take waits in memory, 1 MiB at most,
/// and what is lost beyond that is said when it takes lines again.
class ErrorLog {
 public:
  /// `level` as in log.level.
  explicit ErrorLog(const std::string& level);
  /// Writes out what waits, for at most a second. Nobody logs any more.
  ~ErrorLog();
  ErrorLog(const ErrorLog&) = delete;
  ErrorLog& operator=(const ErrorLog&) = delete;
};

/// From any thread, at any time.
void set_log_level(const std::string& level);

}  // namespace tonearm::app
