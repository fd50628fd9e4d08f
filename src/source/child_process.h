#pragma once

#include "tonearm/base/result.h"
#include "tonearm/io/owned_descriptor.h"

#include <sys/types.h>

#include <string>
#include <vector>

namespace tonearm::source {

/// A program that runs in a process group of its own: no shell, nothing to read, and of our
/// descriptors only the two pipes that it writes to. The kernel kills it when the thread that
/// started it ends.
class ChildProcess {
 public:
  /// `words`: the program, looked for in PATH, and its arguments. The error says why it cannot be
  /// started.
  static Result<ChildProcess> start(const std::vector<std::string>& words);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  /// Kills what still runs, and waits for it.
  ~ChildProcess();

  /// Non-blocking.
  int output() const { return output_.get(); }
  int complaints() const { return complaints_.get(); }
  /// Readable when the program has ended.
  int ended() const { return ended_.get(); }

  /// SIGKILL to the whole group, also to what the program has left behind.
  void kill();
  /// What wait(2) says of the program; waits until it has ended.
  int reap();

 private:
  ChildProcess() = default;

  pid_t pid_ = -1;  ///< -1 once it is reaped: the number may then be somebody else's.
  io::OwnedDescriptor output_;
  io::OwnedDescriptor complaints_;
  io::OwnedDescriptor ended_;
};

}  // namespace tonearm::source
