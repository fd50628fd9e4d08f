#include "tonearm/server/access_log.h"

#include "tonearm/io/log_writer.h"
#include "tonearm/server/metrics.h"

#include "server/json_line.h"
#include "server/rfc3339.h"
#include "server/sent_path.h"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

namespace tonearm::server {
namespace {

using nlohmann::ordered_json;

/// Milliseconds with three decimals at most.
ordered_json milliseconds_or_null(std::optional<std::chrono::nanoseconds> duration) {
  if (!duration) return nullptr;
  const auto rounded = std::chrono::round<std::chrono::microseconds>(*duration);
  return static_cast<double>(rounded.count()) / 1000;
}

Result<io::OwnedDescriptor> open_output(const std::string& target) {
  const bool is_stdout = target == "-";
  // Non-blocking for a FIFO that nobody reads; to stdout it would be done to others as well.
  const char* const path = target.empty() ? "/dev/null" : target.c_str();
  io::OwnedDescriptor output(
      is_stdout
          ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
          : ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640));
  if (output.valid()) return output;
  const std::string reason = std::system_category().message(errno);
  return Error{ErrorKind::internal,
               "log.access: cannot write to " + (is_stdout ? "stdout" : "\"" + target + "\"") +
                   ": " + reason,
               std::nullopt};
}

}  // namespace

// In ASCII: strangers wrote most of it, and a terminal may show it.
std::string format_access_line(const AccessRecord& record) {
  // Each request costs one: ordered_json's own operator[] would look for each name first.
  ordered_json::object_t line;
  line.reserve(16);
  line.emplace_back("time", rfc3339(record.time));
  line.emplace_back("request_id", text_or_null(record.request_id));
  line.emplace_back("client", text_or_null(record.client));
  line.emplace_back("method", text_or_null(record.method));
  line.emplace_back("path", text_or_null(sent_path(record.target)));
  line.emplace_back("status", record.status);
  line.emplace_back("range", text_or_null(record.range));
  line.emplace_back("bytes", record.bytes);
  line.emplace_back("duration_ms", milliseconds_or_null(record.duration));
  line.emplace_back("ttfb_ms", milliseconds_or_null(record.ttfb));
  line.emplace_back("song", text_or_null(record.song));
  line.emplace_back("source", text_or_null(record.source));
  line.emplace_back("origin_bytes", record.origin_bytes);
  line.emplace_back("cache", text_or_null(record.cache));
  line.emplace_back("outcome", to_string(record.outcome));
  line.emplace_back("user_agent", text_or_null(record.user_agent));
  return ascii_json_line(std::move(line));
}

class AccessLog::Writer {
 public:
  Writer(std::string target, io::OwnedDescriptor output, io::LogWriter::Options options)
      : target_(std::move(target)), lines_(std::move(output), std::move(options)) {}

  void write(const AccessRecord& record) {
    if (wanted_.load(std::memory_order_relaxed)) lines_.append(format_access_line(record));
  }
  Result<void> reopen(const std::string& target) {
    if (target == "-" && target_ == "-") return {};
    auto output = open_output(target);
    if (!output) return output.error();
    target_ = target;
    wanted_ = !target.empty();
    lines_.change_output(*std::move(output));
    return {};
  }

 private:
  std::string target_;
  std::atomic<bool> wanted_{!target_.empty()};
  io::LogWriter lines_;
};

AccessLog::AccessLog(std::unique_ptr<Writer> writer) : writer_(std::move(writer)) {}
AccessLog::~AccessLog() = default;

Result<std::unique_ptr<AccessLog>> AccessLog::open(AccessLogOptions options, Metrics& metrics) {
  auto output = open_output(options.target);
  if (!output) return output.error();
  io::LogWriter::Options how{
      options.capacity, options.flush_timeout,
      [&metrics](std::uint64_t lines) { metrics.access_log_lines_dropped(lines); },
      [](const std::string& why) { spdlog::warn("access log: {}: lines are lost", why); }};
  auto writer =
      std::make_unique<Writer>(std::move(options.target), *std::move(output), std::move(how));
  return std::unique_ptr<AccessLog>(new AccessLog(std::move(writer)));
}

void AccessLog::write(const AccessRecord& record) { writer_->write(record); }

Result<void> AccessLog::reopen(const std::string& target) { return writer_->reopen(target); }

}  // namespace tonearm::server
