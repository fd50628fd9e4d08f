#include "cache/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace tonearm::cache {
namespace {

Error refused(std::string why) { return {ErrorKind::internal, std::move(why), {}}; }

}  // namespace

DirectoryLock::DirectoryLock(std::string directory)
    : directory_(std::move(directory)), name_(directory_ + "/lock") {}

Result<void> DirectoryLock::take() {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) return refused(error.message());
  io::OwnedDescriptor lock(::open(name_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const int why = errno;
  if (!lock.valid()) lock = io::OwnedDescriptor(::open(name_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!lock.valid()) return refused(std::generic_category().message(why));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return refused("another process uses it");
    return refused(name_ + " cannot be locked: " + std::generic_category().message(errno));
  }
  lock_ = std::move(lock);
  return {};
}

bool DirectoryLock::still_holds() const {
  struct stat held {};
  struct stat named {};
  if (::fstat(lock_.get(), &held) != 0) return true;
  if (::stat(name_.c_str(), &named) != 0) return errno != ENOENT && errno != ENOTDIR;
  return held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

}  // namespace tonearm::cache
