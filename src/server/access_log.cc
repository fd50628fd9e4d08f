#include "tonearm/server/access_log.h"

#include "tonearm/io/log_writer.h"
#include "tonearm/server/metrics.h"

#include "server/json_text.h"

#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

namespace tonearm::server {
namespace {

/// The path of a target in origin-form or absolute-form, whose authority may hold a password.
std::string_view path_of(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  if (target.starts_with('/')) return target;
  const std::size_t scheme_end = target.find("://");
  if (scheme_end == std::string_view::npos) return target;
  const std::size_t slash = target.find('/', scheme_end + 3);
  return slash == std::string_view::npos ? "/" : target.substr(slash);
}

class LineBuilder {
 public:
  explicit LineBuilder(std::size_t expected) { line_.reserve(expected); }

  LineBuilder& text(std::string_view name, std::string_view value) {
    append_json_string_or_null(key(name), value);
    return *this;
  }
  LineBuilder& number(std::string_view name, std::uint64_t value) {
    key(name) += std::to_string(value);
    return *this;
  }
  LineBuilder& time(std::string_view name, std::chrono::system_clock::time_point value) {
    append_json_time(key(name), value);
    return *this;
  }
  LineBuilder& milliseconds(std::string_view name, std::optional<std::chrono::nanoseconds> value) {
    std::string& out = key(name);
    if (!value) {
      out += "null";
      return *this;
    }
    std::array<char, 32> digits{};
    const std::chrono::duration<double, std::milli> count(*value);
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(),
                                            count.count(), std::chars_format::fixed, 3);
    out.append(digits.data(), error == std::errc() ? end : digits.data());
    return *this;
  }
  std::string finish() {
    line_ += "}\n";
    return std::move(line_);
  }

 private:
  std::string& key(std::string_view name) {
    line_ += line_.empty() ? "{\"" : ",\"";
    line_ += name;
    line_ += "\":";
    return line_;
  }

  std::string line_;
};

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

std::string format_access_line(const AccessRecord& record) {
  return LineBuilder(512)
      .time("time", record.time)
      .text("request_id", record.request_id)
      .text("client", record.client)
      .text("method", record.method)
      .text("path", path_of(record.target))
      .number("status", record.status)
      .text("range", record.range)
      .number("bytes", record.bytes)
      .milliseconds("duration_ms", record.duration)
      .milliseconds("ttfb_ms", record.ttfb)
      .text("song", record.song)
      .text("source", record.source)
      .number("origin_bytes", record.origin_bytes)
      .text("cache", record.cache)
      .text("outcome", to_string(record.outcome))
      .text("user_agent", record.user_agent)
      .finish();
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
