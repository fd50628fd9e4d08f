#include "app/standard_streams.h"

#include "app/commands.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

namespace tonearm::app {

void keep_standard_numbers() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(number, F_GETFD) >= 0 || errno != EBADF) continue;
    // Only for the other direction: what fails with a closed one must go on to fail. It gets the
    // lowest number that is free, which is this one.
    ::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

bool is_stdout_written() {
  errno = 0;
  // The reason of an earlier failure is not known any more.
  const bool flushed = std::fflush(stdout) == 0;
  const int reason = errno;
  if (flushed && std::ferror(stdout) == 0) return true;
  std::string line = "stdout cannot be written";
  if (!flushed) line += ": " + std::generic_category().message(reason);
  complain(line);
  return false;
}

}  // namespace tonearm::app
