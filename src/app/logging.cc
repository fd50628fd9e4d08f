#include "app/logging.h"

#include "tonearm/io/log_writer.h"
#include "tonearm/io/owned_descriptor.h"

#include "app/one_line.h"

#include <climits>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace tonearm::app {
namespace {

/// The message, as one_line() shows it.
class OneLine final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const std::string line = one_line({message.payload.data(), message.payload.size()});
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<OneLine>();
  }
};

/// A pipe or a terminal that others fill too may be full again between the look at it and the
/// write: one's own way into it does not block then. Of a file another way would have another
/// position.
io::OwnedDescriptor open_stderr() {
  struct stat found {};
  const bool known = ::fstat(STDERR_FILENO, &found) == 0;
  if (known && (S_ISFIFO(found.st_mode) || S_ISCHR(found.st_mode))) {
    constexpr int flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    io::OwnedDescriptor own(::open("/proc/self/fd/2", flags));
    if (own.valid()) return own;
  }
  return io::OwnedDescriptor(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
}

/// Writes each line before it returns, as long as stderr takes it: a crash then loses none.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  StderrSink() : output_(open_stderr()), late_(open_stderr(), late_options()) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::uint64_t lost = lost_.exchange(0);
    std::string text = lost > 0 ? line_about(lost) : std::string();
    text += formatted(message);
    if (late_.is_idle() && write_now(text)) return;
    if (!late_.append(text)) lost_ += lost;
  }
  void flush_() override {}

 private:
  io::LogWriter::Options late_options() {
    constexpr std::size_t capacity = 1024 * 1024;
    constexpr std::chrono::milliseconds flush_timeout{1'000};
    return {capacity, flush_timeout, [this](std::uint64_t lines) { lost_ += lines; },
            [](const std::string&) {}};
  }

  std::string formatted(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    return {line.data(), line.size()};
  }
  std::string line_about(std::uint64_t lost) {
    const std::string text = std::to_string(lost) + " lines of this log were lost";
    return formatted(spdlog::details::log_msg({}, spdlog::level::warn, text));
  }

  /// What could be written is taken off `text`. True when nothing of it is to be tried again.
  bool write_now(std::string& text) {
    while (!text.empty()) {
      pollfd watched{output_.get(), POLLOUT, 0};
      if (::poll(&watched, 1, 0) <= 0) return false;
      // What is writable takes so much at once, even where it would block for more.
      const std::size_t piece = std::min<std::size_t>(text.size(), PIPE_BUF);
      const ssize_t written = ::write(output_.get(), text.data(), piece);
      if (written >= 0) {
        text.erase(0, static_cast<std::size_t>(written));
      } else if (errno == EAGAIN) {
        return false;
      } else if (errno != EINTR) {
        ++lost_;
        return true;
      }
    }
    return true;
  }

  io::OwnedDescriptor output_;
  std::atomic<std::uint64_t> lost_ = 0;
  io::LogWriter late_;  ///< For what could not be written at once.
};

void use(const spdlog::sink_ptr& sink) {
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("tonearm", sink));
}

}  // namespace

ErrorLog::ErrorLog(const std::string& level) {
  use(std::make_shared<StderrSink>());
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<OneLine>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %*");
  spdlog::default_logger()->set_formatter(std::move(formatter));
  set_log_level(level);
}

ErrorLog::~ErrorLog() { use(std::make_shared<spdlog::sinks::null_sink_mt>()); }

void set_log_level(const std::string& level) { spdlog::set_level(spdlog::level::from_str(level)); }

}  // namespace tonearm::app
