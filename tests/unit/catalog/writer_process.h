#pragma once

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <new>
#include <stdexcept>

namespace tonearm::catalog {

/// A process that commits 1, 2, 3… until this is destroyed. Within one process SQLite shares the
/// index of a log among its connections, so that a reader there proves nothing about others. To be
/// made before any connection is open: none may cross a fork.
class WriterProcess {
 public:
  explicit WriterProcess(const std::function<void(int)>& commit) {
    void* const shared = ::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) throw std::runtime_error("mmap");
    committed_ = new (shared) std::atomic<int>(0);
    child_ = ::fork();
    if (child_ == 0) run(commit);
    if (child_ < 0) throw std::runtime_error("fork");
  }
  ~WriterProcess() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    ::munmap(committed_, sizeof(std::atomic<int>));
  }
  WriterProcess(const WriterProcess&) = delete;
  WriterProcess& operator=(const WriterProcess&) = delete;

  int committed() const { return *committed_; }

 private:
  [[noreturn]] void run(const std::function<void(int)>& commit) {
    for (int i = 1;; ++i) {
      commit(i);
      *committed_ = i;
    }
  }

  std::atomic<int>* committed_ = nullptr;
  pid_t child_ = -1;
};

}  // namespace tonearm::catalog
