#include "catalog/database_stamp.h"

#include <sys/stat.h>

namespace tonearm::catalog {
namespace {

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// How far a file's times may advance at once. File systems that keep whole seconds, or every other
/// one (ext with small inodes, FAT), are known by just that.
std::int64_t tick(std::int64_t time) {
  constexpr std::int64_t second = 1'000'000'000;
  return time % second == 0 ? 2 * second : second / 50;
}

}  // namespace

FileState FileState::of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  FileState state;
  state.device = found.st_dev;
  state.inode = found.st_ino;
  state.size = found.st_size;
  state.modified = nanoseconds(found.st_mtim);
  state.changed = nanoseconds(found.st_ctim);
  return state;
}

DatabaseStamp DatabaseStamp::of(const std::string& database, const std::string& wal) {
  DatabaseStamp stamp;
  stamp.database = FileState::of(database);
  stamp.wal = FileState::of(wal);
  // SQLite gives the log to the database's owner whenever root opens it, to no effect but this.
  stamp.wal.changed = 0;
  return stamp;
}

bool DatabaseStamp::is_too_fresh(std::int64_t seen) const {
  const auto could_stay = [&](std::int64_t time) { return time + tick(time) > seen; };
  return could_stay(database.changed) || could_stay(wal.modified);
}

std::int64_t file_time_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

}  // namespace tonearm::catalog
