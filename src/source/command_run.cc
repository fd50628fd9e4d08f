#include "source/command_run.h"

#include <boost/asio/post.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <new>
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
  if (!child) return do_not_start(child.error().detail);
  child_.emplace(std::move(*child));
  try {
    if (const error_code failed = assign_descriptors()) {
      let_go();
      return do_not_start("the resolver's command cannot be watched: " + failed.message());
    }
    watch_all(timeout);
  } catch (...) {
    let_go();  // or half of it would run on
    throw;
  }
}

void CommandRun::do_not_start(std::string why) {
  result_.complaints = std::move(why);
  io::asio::post(timer_.get_executor(), [self = shared_from_this()] {
    std::exchange(self->then_, nullptr)(std::move(self->result_));
  });
}

/// They stay the child's: release_descriptors() comes before its end.
error_code CommandRun::assign_descriptors() {
  error_code failed;
  output_.assign(child_->output(), failed);
  if (!failed) complaints_.assign(child_->complaints(), failed);
  if (!failed) ended_.assign(child_->ended(), failed);
  return failed;
}

void CommandRun::watch_all(std::chrono::milliseconds timeout) {
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

void CommandRun::release_descriptors() {
  timer_.cancel();
  output_.release();
  complaints_.release();
  ended_.release();
}

/// Nothing runs or is awaited any more, and nobody is told.
void CommandRun::let_go() {
  release_descriptors();
  child_.reset();
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
      try {
        (this->*take)({bytes.data(), static_cast<std::size_t>(got)});
      } catch (const std::bad_alloc&) {  // nobody else would catch it on this thread
        result_.output = {};
        end(CommandResult::End::no_memory);
      }
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
  release_descriptors();
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
