#pragma once

#include "tonearm/base/result.h"

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

namespace tonearm::source {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

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
  Descriptor output_;
  Descriptor complaints_;
  Descriptor ended_;
};

}  // namespace tonearm::source
