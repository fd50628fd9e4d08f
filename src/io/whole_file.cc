#include "tonearm/io/whole_file.h"

#include "tonearm/io/owned_descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace tonearm::io {
namespace {

OwnedDescriptor open_to_read(const std::filesystem::path& path, Reading reading) {
  const int waiting = reading == Reading::again ? O_NONBLOCK : 0;
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | waiting);
  } while (descriptor < 0 && errno == EINTR);
  return OwnedDescriptor(descriptor);
}

bool is_pipe(int descriptor) {
  struct stat found {};
  return ::fstat(descriptor, &found) == 0 && S_ISFIFO(found.st_mode);
}

/// More is no configuration, secret, certificate or playlist, and may have no end.
constexpr std::size_t most = 64 * 1024 * 1024;

/// False with errno set.
bool read_to_end(int descriptor, std::string& out) {
  std::array<char, 16 * 1024> piece;
  for (;;) {
    const ssize_t got = ::read(descriptor, piece.data(), piece.size());
    if (got == 0) return true;
    if (out.size() > most) {
      errno = EFBIG;
      return false;
    }
    if (got > 0) {
      out.append(piece.data(), static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      return false;
    }
  }
}

}  // namespace

std::optional<std::string> read_whole_file(const std::filesystem::path& path, Reading reading,
                                           std::string& out) {
  const auto refused = [&](const std::string& why) {
    return "cannot read " + path.string() + ": " + why;
  };
  const OwnedDescriptor file = open_to_read(path, reading);
  if (!file.valid()) return refused(std::generic_category().message(errno));
  if (reading == Reading::again && is_pipe(file.get())) {
    return refused("it is a pipe, which can be read only once");
  }
  std::string content;
  if (!read_to_end(file.get(), content)) return refused(std::generic_category().message(errno));
  out = std::move(content);
  return {};
}

}  // namespace tonearm::io
