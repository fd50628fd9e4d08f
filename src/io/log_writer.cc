#include "tonearm/io/log_writer.h"

#include <climits>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace tonearm::io {
namespace {

using Clock = std::chrono::steady_clock;

/// Lines wait this long for company: one write(2) then serves many requests.
constexpr std::chrono::milliseconds gathering_time{10};

/// How much goes into one write(2): whole lines, and no more than a pipe or a socket that is
/// writable takes at once, for the descriptor (stdout) may be a blocking one.
std::size_t piece_of(std::string_view text) {
  if (text.size() <= PIPE_BUF) return text.size();
  const std::size_t newline = text.rfind('\n', PIPE_BUF - 1);
  return newline == std::string_view::npos ? PIPE_BUF : newline + 1;
}

}  // namespace

LogWriter::LogWriter(OwnedDescriptor output, Options options)
    : options_(std::move(options)),
      stop_signal_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      output_(std::move(output)) {
  if (!stop_signal_.valid()) throw std::system_error(errno, std::system_category(), "eventfd");
  // The process's signals, and SIGPIPE of a reader that went away, are not for this thread.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread(&LogWriter::run, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LogWriter::~LogWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  ::eventfd_write(stop_signal_.get(), 1);
  thread_.join();
}

bool LogWriter::append(std::string_view line) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() <= options_.capacity) {
      was_empty = waiting_.empty();
      waiting_ += line;
      line = {};
    }
  }
  if (was_empty) changed_.notify_one();
  if (line.empty()) return true;
  options_.on_drop(1);
  return false;
}

bool LogWriter::is_idle() {
  const std::lock_guard lock(mutex_);
  return waiting_.empty() && !writing_;
}

void LogWriter::change_output(OwnedDescriptor output) {
  const std::lock_guard lock(mutex_);
  next_output_ = std::move(output);
}

void LogWriter::run() {
  std::string batch;
  while (take_batch(batch)) write_batch(batch);
}

bool LogWriter::take_batch(std::string& batch) {
  batch.clear();
  std::unique_lock lock(mutex_);
  writing_ = false;
  changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
  changed_.wait_for(lock, gathering_time, [&] { return stopping_; });
  if (next_output_.valid()) {
    output_ = std::move(next_output_);
    inside_line_ = false;
  }
  batch.swap(waiting_);
  writing_ = !batch.empty();
  return !batch.empty();
}

void LogWriter::write_batch(std::string_view batch) {
  bool line_begun = false;
  while (!batch.empty()) {
    if (!wait_writable()) return give_up(batch, line_begun, ETIMEDOUT);
    const std::string_view piece = inside_line_ ? "\n" : batch.substr(0, piece_of(batch));
    const ssize_t written = ::write(output_.get(), piece.data(), piece.size());
    if (written < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      return give_up(batch, line_begun, errno);
    }
    failing_ = false;
    if (std::exchange(inside_line_, false)) continue;
    const auto count = static_cast<std::size_t>(written);
    if (count > 0) line_begun = piece[count - 1] != '\n';
    batch.remove_prefix(count);
  }
}

bool LogWriter::wait_writable() {
  for (;;) {
    int timeout = -1;
    if (deadline_) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - Clock::now());
      timeout = static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
    }
    pollfd watched[] = {{output_.get(), POLLOUT, 0}, {stop_signal_.get(), POLLIN, 0}};
    const int ready = ::poll(watched, deadline_ ? 1 : 2, timeout);
    if (watched[0].revents != 0) return true;
    if (ready == 0) return false;
    if (ready > 0) deadline_ = Clock::now() + options_.flush_timeout;
  }
}

void LogWriter::give_up(std::string_view rest, bool line_begun, int error) {
  inside_line_ = inside_line_ || line_begun;
  options_.on_drop(static_cast<std::uint64_t>(std::ranges::count(rest, '\n')));
  if (!std::exchange(failing_, true)) {
    options_.on_failure(std::system_category().message(error));
  }
}

}  // namespace tonearm::io
