#include "tonearm/io/log_writer.h"

#include <climits>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <optional>
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

/// Where the next byte goes if nobody else writes meanwhile; empty for what is no regular file.
std::optional<off_t> end_of_file(int descriptor) {
  struct stat found {};
  if (::fstat(descriptor, &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  return found.st_size;
}

bool is_same_file(int one, int other) {
  struct stat a {};
  struct stat b {};
  return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

}  // namespace

LogWriter::LogWriter(OwnedDescriptor output, Options options)
    : options_(std::move(options)),
      wake_up_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      output_(std::move(output)) {
  if (!wake_up_.valid()) throw std::system_error(errno, std::system_category(), "eventfd");
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
  ::eventfd_write(wake_up_.get(), 1);
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
  {
    const std::lock_guard lock(mutex_);
    std::swap(next_output_, output);  // Closed without the lock: that may take its time.
  }
  changed_.notify_one();
  ::eventfd_write(wake_up_.get(), 1);
}

void LogWriter::run() {
  std::string batch;
  while (take_batch(batch)) write_batch(batch);
}

bool LogWriter::take_batch(std::string& batch) {
  batch.clear();
  std::unique_lock lock(mutex_);
  writing_ = false;
  changed_.wait(lock, [&] { return stopping_ || !waiting_.empty() || next_output_.valid(); });
  changed_.wait_for(lock, gathering_time, [&] { return stopping_ || next_output_.valid(); });
  batch.swap(waiting_);
  writing_ = !batch.empty();
  OwnedDescriptor next = std::move(next_output_);
  const bool more = writing_ || !stopping_;
  lock.unlock();
  if (next.valid()) use(std::move(next));
  return more;
}

void LogWriter::write_batch(std::string_view batch) {
  while (!batch.empty()) {
    if (!wait_writable()) return give_up(batch, ETIMEDOUT);
    const std::string_view rest = batch.substr(begun_);
    const std::string_view piece = inside_line_ ? "\n" : rest.substr(0, piece_of(rest));
    const ssize_t written = ::write(output_.get(), piece.data(), piece.size());
    if (written < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      return give_up(batch, errno);
    }
    if (std::exchange(inside_line_, false)) continue;
    begun_ += static_cast<std::size_t>(written);
    const std::size_t whole_lines = batch.substr(0, begun_).rfind('\n') + 1;
    batch.remove_prefix(whole_lines);
    begun_ -= whole_lines;
    if (whole_lines > 0) failing_ = false;
    if (begun_ > 0) part_end_ = ::lseek(output_.get(), 0, SEEK_CUR);
  }
}

bool LogWriter::wait_writable() {
  for (;;) {
    int timeout = -1;
    if (deadline_) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - Clock::now());
      timeout = static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
    }
    pollfd watched[] = {{output_.get(), POLLOUT, 0}, {wake_up_.get(), POLLIN, 0}};
    const int ready = ::poll(watched, std::size(watched), timeout);
    if (ready == 0) return false;
    if (watched[1].revents != 0) {
      look_at_changes();
    } else if (watched[0].revents != 0) {
      return true;
    }
  }
}

void LogWriter::look_at_changes() {
  eventfd_t count = 0;
  ::eventfd_read(wake_up_.get(), &count);
  std::unique_lock lock(mutex_);
  if (stopping_ && !deadline_) deadline_ = Clock::now() + options_.flush_timeout;
  OwnedDescriptor next = std::move(next_output_);
  lock.unlock();
  if (next.valid()) use(std::move(next));
}

/// Whoever writes to the file between the look at its size and the cut loses what he wrote: the
/// kernel cuts on no condition. A log that is written by several is seldom full at that moment.
void LogWriter::take_back_part() {
  if (begun_ == 0 || part_end_ < 0 || end_of_file(output_.get()) != part_end_) return;
  const off_t lines_end = part_end_ - static_cast<off_t>(begun_);
  if (lines_end < 0 || ::ftruncate(output_.get(), lines_end) != 0) return;
  // Without O_APPEND the next line would leave a hole.
  ::lseek(output_.get(), lines_end, SEEK_SET);
  begun_ = 0;
}

void LogWriter::use(OwnedDescriptor output) {
  take_back_part();
  const bool ends_in_part = inside_line_ || begun_ > 0;
  inside_line_ = ends_in_part && is_same_file(output_.get(), output.get());
  begun_ = 0;
  output_ = std::move(output);
}

void LogWriter::give_up(std::string_view rest, int error) {
  take_back_part();
  inside_line_ = inside_line_ || begun_ > 0;
  begun_ = 0;
  options_.on_drop(static_cast<std::uint64_t>(std::ranges::count(rest, '\n')));
  if (!std::exchange(failing_, true)) {
    options_.on_failure(std::system_category().message(error));
  }
}

}  // namespace tonearm::io
