#include "source/child_process.h"

#include "tonearm/source/find_program.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace tonearm::source {
namespace {

Error cannot_start(const std::string& program, int error) {
  return Error{
      ErrorKind::resolver_failed,
      "the resolver's command \"" + program + "\" cannot be started: " + std::strerror(error),
      {}};
}

struct Pipe {
  io::OwnedDescriptor read;
  io::OwnedDescriptor write;
};

bool open_pipe(Pipe& pipe) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  pipe.read = io::OwnedDescriptor(ends[0]);
  pipe.write = io::OwnedDescriptor(ends[1]);
  return true;
}

bool never_block(const io::OwnedDescriptor& end) {
  return ::fcntl(end.get(), F_SETFL, O_NONBLOCK) == 0;
}

struct ChildSetup {
  const char* program;
  char* const* arguments;
  pid_t parent;
  int input, output, complaints;
  int failure;  ///< Where errno goes; closed by exec.
};

/// In the child: only async-signal-safe calls, since other threads of the parent may have held
/// locks.
[[noreturn]] void become(const ChildSetup& setup) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const bool orphan = ::getppid() != setup.parent;
  bool ready = !orphan && ::dup2(setup.input, STDIN_FILENO) >= 0 &&
               ::dup2(setup.output, STDOUT_FILENO) >= 0 &&
               ::dup2(setup.complaints, STDERR_FILENO) >= 0;
  // Sockets that libraries opened without the flag: a client's would stay open with the child.
  ready = ready && ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
  if (ready) {
    std::signal(SIGPIPE, SIG_DFL);
    std::signal(SIGXFSZ, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execv(setup.program, setup.arguments);
  }
  const int error = errno;
  if (::write(setup.failure, &error, sizeof error) < 0) ::_exit(126);
  ::_exit(127);
}

/// No handler of ours may run in the child before it is another program.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

/// What became of exec: 0 when it succeeded.
int exec_error(const io::OwnedDescriptor& failure) {
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(failure.get(), &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof error) ? error : 0;
}

}  // namespace

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::move(other.output_)),
      complaints_(std::move(other.complaints_)),
      ended_(std::move(other.ended_)) {}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  kill();
  reap();
}

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& words) {
  // Before the fork: afterwards little is allowed.
  const std::string program = find_program(words.front());
  if (program.empty()) return cannot_start(words.front(), ENOENT);
  const io::OwnedDescriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Pipe output;
  Pipe complaints;
  Pipe failure;
  if (!nothing.valid() || !open_pipe(output) || !open_pipe(complaints) || !open_pipe(failure) ||
      !never_block(output.read) || !never_block(complaints.read)) {
    return cannot_start(program, errno);
  }
  std::vector<char*> arguments;
  // execv() promises not to change them.
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const ChildSetup setup{program.c_str(),    arguments.data(),   ::getpid(),
                         nothing.get(),      output.write.get(), complaints.write.get(),
                         failure.write.get()};
  ChildProcess child;
  {
    const SignalsBlocked blocked;
    child.pid_ = ::fork();
    if (child.pid_ == 0) become(setup);
  }
  if (child.pid_ < 0) return cannot_start(program, errno);
  failure.write = {};
  if (const int error = exec_error(failure.read)) return cannot_start(program, error);
  child.ended_ = io::OwnedDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0)));
  if (!child.ended_.valid()) return cannot_start(program, errno);
  child.output_ = std::move(output.read);
  child.complaints_ = std::move(complaints.read);
  return child;
}

void ChildProcess::kill() { ::kill(-pid_, SIGKILL); }

int ChildProcess::reap() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

}  // namespace tonearm::source
