#include "source/open_file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <system_error>

namespace tonearm::source {
namespace {

std::string quoted(const std::string& name) { return '"' + name + '"'; }

/// Of this process or this machine, and soon over: says nothing of the file.
bool is_shortage(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOMEM;
}

Error failed(int error_number, const std::string& path) {
  const std::string detail = quoted(path) + ": " + std::generic_category().message(error_number);
  if (is_shortage(error_number)) return Error{ErrorKind::overloaded, detail, {}};
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return Error{ErrorKind::destination_not_found, detail, {}};
    case EACCES:
    case EPERM:
      return Error{ErrorKind::origin_refused, detail, {}};
    case EXDEV:
    case ELOOP:
      return Error{ErrorKind::bad_locator, quoted(path) + " leads out of files.root", {}};
    case ENAMETOOLONG:
    case EINVAL:
    case ENXIO:
    case ENODEV:
      return Error{ErrorKind::bad_locator, detail, {}};
    case ENOSYS:
      return Error{ErrorKind::internal, "openat2 is not to be had here; file: needs Linux 5.6", {}};
    default:
      return Error{ErrorKind::destination_unavailable, detail, {}};
  }
}

/// A name that is being renamed while `..` is resolved makes the kernel give up: EAGAIN.
io::OwnedDescriptor open_at(int directory, const std::string& path, std::uint64_t resolve) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve;
  int descriptor = -1;
  for (int tries = 0; tries < 8; ++tries) {
    descriptor =
        static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof(how)));
    if (descriptor >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return io::OwnedDescriptor(descriptor);
}

/// To open a pipe or a device is more than to look at it: who waits for a reader of the pipe
/// believes that there is one.
bool is_special(int directory, const std::string& path) {
  struct stat info {};
  if (::fstatat(directory, path.c_str(), &info, 0) != 0) return false;
  return !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

using Path = std::unique_ptr<char, decltype(&std::free)>;

Path real_path(const std::string& path) { return {::realpath(path.c_str(), nullptr), &std::free}; }

/// Whether `path` itself, and no link, leads out.
bool leads_out(std::string_view path) {
  if (path.starts_with('/')) return true;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (path.substr(at, end - at) == "..") return true;
    at = end + 1;
  }
  return false;
}

/// What `path` is below `root` without links; empty, with errno, where it is not there or not
/// below.
std::string without_links(const std::string& root, const std::string& path) {
  const Path real_root = real_path(root);
  const Path real = real_root ? real_path(root + '/' + path) : Path(nullptr, &std::free);
  if (!real) return {};
  std::string_view rest(real.get());
  std::string_view below(real_root.get());
  if (below == "/") below = {};
  if (rest.starts_with(below) && rest.substr(below.size()).starts_with('/')) {
    return std::string(rest.substr(below.size() + 1));
  }
  errno = EXDEV;
  return {};
}

/// RESOLVE_BENEATH refuses every absolute link, also one that stays inside: there the name is
/// resolved first, and what comes of it may hold no link at all.
io::OwnedDescriptor open_below(int directory, const std::string& root, const std::string& path) {
  io::OwnedDescriptor found = open_at(directory, path, 0);
  if (found.valid() || errno != EXDEV || leads_out(path)) return found;
  const std::string real = without_links(root, path);
  return real.empty() ? io::OwnedDescriptor() : open_at(directory, real, RESOLVE_NO_SYMLINKS);
}

}  // namespace

http::Validators validators_of(const io::FileStamp& stamp,
                               std::chrono::system_clock::time_point now) {
  using std::chrono::floor;
  using std::chrono::seconds;
  const auto number = [](io::FileStamp::Time time) {
    return static_cast<unsigned long long>(time.time_since_epoch().count());
  };
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "\"%llx-%llx-%llx-%llx\"",
                static_cast<unsigned long long>(stamp.inode),
                static_cast<unsigned long long>(stamp.size), number(stamp.modified),
                number(stamp.changed));
  http::Validators validators;
  validators.etag = http::EntityTag{text.data(), false};
  validators.last_modified = std::min(floor<seconds>(stamp.modified), floor<seconds>(now));
  validators.last_modified_is_strong =
      http::is_strong_last_modified(validators.last_modified, floor<seconds>(now));
  return validators;
}

Result<io::FileStamp> OpenFile::stamp() const {
  struct stat info {};
  if (::fstat(descriptor_.get(), &info) != 0) {
    return Error{ErrorKind::destination_unavailable, std::generic_category().message(errno), {}};
  }
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorKind::bad_locator, "this is no regular file", {}};
  }
  return io::stamp_of(info);
}

Result<std::shared_ptr<const OpenFile>> open_beneath(const std::string& root,
                                                     const std::string& path) {
  const io::OwnedDescriptor directory(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) {
    const ErrorKind kind =
        is_shortage(errno) ? ErrorKind::overloaded : ErrorKind::destination_unavailable;
    const std::string why = std::generic_category().message(errno);
    return Error{kind, "files.root " + quoted(root) + ": " + why, {}};
  }
  if (is_special(directory.get(), path)) {
    return Error{ErrorKind::bad_locator, quoted(path) + ": this is no regular file", {}};
  }
  io::OwnedDescriptor found = open_below(directory.get(), root, path);
  if (!found.valid()) return failed(errno, path);
  auto file = std::make_shared<const OpenFile>(std::move(found));
  const Result<io::FileStamp> stamp = file->stamp();
  if (!stamp) return Error{stamp.error().kind, quoted(path) + ": " + stamp.error().detail, {}};
  return file;
}

}  // namespace tonearm::source
