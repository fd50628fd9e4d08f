#include "source/command_run.h"

#include <boost/asio/post.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace tonearm::source {

using boost::system::error_code;

CommandRun::CommandRun(io::Executor executor, std::function<void(CommandResult)> then)
    : then_(std::move(then)),
      output_(executor),
      complaints_(executor),
      ended_(executor),
      timer_(executor) {}

void CommandRun::start(const std::vector<std::string>& words, std::chrono::milliseconds timeout) {
  Result<ChildProcess> child = ChildProcess::start(words);
  if (!child) {
    result_.complaints = child.error().detail;
    io::asio::post(timer_.get_executor(), [self = shared_from_this()] {
      std::exchange(self->then_, nullptr)(std::move(self->result_));
    });
    return;
  }
  child_.emplace(std::move(*child));
  // The descriptors stay the child's: released in on_ended().
  output_.assign(child_->output());
  complaints_.assign(child_->complaints());
  ended_.assign(child_->ended());
  watch(output_, &CommandRun::take_output);
  watch(complaints_, &CommandRun::take_complaints);
  ended_.async_wait(Pipe::wait_read, [self = shared_from_this()](const error_code& error) {
    if (!error) self->on_ended();
  });
  timer_.expires_after(timeout);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->end(CommandResult::End::timed_out);
  });
}

void CommandRun::watch(Pipe& pipe, void (CommandRun::*take)(std::string_view)) {
  pipe.async_wait(Pipe::wait_read,
                  [self = shared_from_this(), &pipe, take](const error_code& error) {
                    if (!error && self->child_ && self->read_all(pipe, take))
                      self->watch(pipe, take);
                  });
}

/// Takes what is there, but no more than any pipe holds: who writes without end must not keep the
/// loop from anything else. False at the end of the pipe.
bool CommandRun::read_all(Pipe& pipe, void (CommandRun::*take)(std::string_view)) {
  std::array<char, 64 * 1024> bytes;
  for (int turns = 0; turns < 16; ++turns) {
    const ssize_t got = ::read(pipe.native_handle(), bytes.data(), bytes.size());
    if (got > 0) {
      (this->*take)({bytes.data(), static_cast<std::size_t>(got)});
      if (killed_) return false;
    } else if (got == 0) {
      return false;
    } else if (errno != EINTR) {
      return errno == EAGAIN;
    }
  }
  return true;
}

void CommandRun::take_output(std::string_view text) {
  if (result_.output.size() + text.size() > most_output) return end(CommandResult::End::too_long);
  result_.output += text;
}

void CommandRun::take_complaints(std::string_view text) {
  std::string& kept = result_.complaints;
  kept += text;
  if (kept.size() > most_complaints) kept.erase(0, kept.size() - most_complaints);
}

void CommandRun::end(CommandResult::End how) {
  if (!child_ || killed_) return;
  killed_ = how;
  child_->kill();
}

void CommandRun::on_ended() {
  if (!killed_) {
    // What it wrote before it ended is in the pipes; who else still holds them does not matter.
    read_all(output_, &CommandRun::take_output);
    read_all(complaints_, &CommandRun::take_complaints);
  }
  timer_.cancel();
  output_.release();
  complaints_.release();
  ended_.release();
  child_->kill();
  const int status = child_->reap();
  child_.reset();
  if (killed_) {
    result_.end = *killed_;
  } else {
    result_.end = WIFEXITED(status) ? CommandResult::End::exited : CommandResult::End::signaled;
    result_.status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
  }
  std::exchange(then_, nullptr)(std::move(result_));
}

}  // namespace tonearm::source
