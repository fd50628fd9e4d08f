#pragma once

#include "tonearm/io/task.h"

#include "source/child_process.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tonearm::source {

/// How a command ended.
struct CommandResult {
  enum class End {
    exited,     ///< `status` is what exit(3) was told.
    signaled,   ///< `status` is the signal's number.
    timed_out,  ///< These four were killed.
    too_long,   ///< It printed more than `most_output`.
    no_memory,  ///< For what it printed.
    stopped,
    not_started,  ///< `complaints` says why.
  };
  End end = End::not_started;
  int status = 0;
  std::string output;      ///< What it printed.
  std::string complaints;  ///< The last of what it wrote to stderr.
};

/// One run of a command, watched by one loop without blocking it. When the command ends, what it
/// left running in its process group is killed. Kept alive by what it waits for.
class CommandRun : public std::enable_shared_from_this<CommandRun> {
 public:
  static constexpr std::size_t most_output = 16 * 1024 * 1024;
  static constexpr std::size_t most_complaints = 8 * 1024;

  /// `then` is called once, on the loop and never within start(), when nothing of it runs any more;
  /// not at all where start() has thrown.
  CommandRun(io::Executor executor, std::function<void(CommandResult)> then);

  void start(const std::vector<std::string>& words, std::chrono::milliseconds timeout);
  /// Kills it.
  void stop() { end(CommandResult::End::stopped); }

 private:
  using Pipe = io::asio::posix::basic_stream_descriptor<io::Executor>;
  using Timer = io::asio::steady_timer::rebind_executor<io::Executor>::other;

  void do_not_start(std::string why);
  boost::system::error_code assign_descriptors();
  void watch_all(std::chrono::milliseconds timeout);
  void release_descriptors();
  void let_go();
  void watch(Pipe& pipe, void (CommandRun::*take)(std::string_view));
  bool read_all(Pipe& pipe, void (CommandRun::*take)(std::string_view));
  void take_output(std::string_view text);
  void take_complaints(std::string_view text);
  void end(CommandResult::End how);
  void on_ended();

  std::function<void(CommandResult)> then_;
  std::optional<ChildProcess> child_;
  Pipe output_;
  Pipe complaints_;
  Pipe ended_;
  Timer timer_;
  std::optional<CommandResult::End> killed_;  ///< Why, when it did not end by itself.
  CommandResult result_;
};

}  // namespace tonearm::source
