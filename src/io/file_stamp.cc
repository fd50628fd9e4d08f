#include "tonearm/io/file_stamp.h"

namespace tonearm::io {
namespace {

/// Nanoseconds reach from 1677 to 2262, file systems farther.
FileStamp::Time time_of(const timespec& time) {
  using std::chrono::floor;
  using std::chrono::seconds;
  using Time = FileStamp::Time;
  const seconds whole(time.tv_sec);
  if (whole <= floor<seconds>(Time::min().time_since_epoch())) return Time::min();
  if (whole >= floor<seconds>(Time::max().time_since_epoch())) return Time::max();
  return Time(whole + std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace

FileStamp stamp_of(const struct stat& file) {
  FileStamp stamp;
  stamp.inode = file.st_ino;
  stamp.size = static_cast<std::uint64_t>(file.st_size);
  stamp.modified = time_of(file.st_mtim);
  stamp.changed = time_of(file.st_ctim);
  stamp.attributes = {file.st_mode, file.st_nlink, file.st_uid, file.st_gid};
  return stamp;
}

bool has_same_bytes(const FileStamp& before, const FileStamp& now) {
  if (before.inode != now.inode || before.size != now.size || before.modified != now.modified) {
    return false;
  }
  return before.changed == now.changed || before.attributes != now.attributes;
}

}  // namespace tonearm::io
