#include "catalog/locked_file.h"

#include "catalog/readonly_vfs.h"

#include <algorithm>
#include <fstream>

namespace tonearm::catalog {

LockedFile::LockedFile(const std::string& path)
    : name_(sqlite3_create_filename(path.c_str(), "", "", 0, nullptr)) {
  auto* vfs = sqlite3_vfs_find(readonly_vfs());
  const auto size = static_cast<std::size_t>(vfs->szOsFile);
  memory_.resize(size / sizeof(sqlite3_int64) + 1);
  int got = 0;
  constexpr int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
  open_ = vfs->xOpen(vfs, name_, file(), flags, &got) == SQLITE_OK;
}

LockedFile::~LockedFile() {
  if (open_) {
    file()->pMethods->xUnlock(file(), SQLITE_LOCK_NONE);
    file()->pMethods->xClose(file());
  }
  sqlite3_free_filename(name_);
}

int LockedFile::lock_shared() {
  if (!open_) return SQLITE_CANTOPEN;
  return file()->pMethods->xLock(file(), SQLITE_LOCK_SHARED);
}

int LockedFile::copy_to(const std::string& to) {
  if (!open_) return SQLITE_CANTOPEN;
  sqlite3_int64 size = 0;
  if (const int failed = file()->pMethods->xFileSize(file(), &size); failed != SQLITE_OK) {
    return failed;
  }
  std::ofstream out(to, std::ios::binary | std::ios::trunc);
  std::vector<char> block(std::size_t{256} * 1024);
  for (sqlite3_int64 at = 0; at < size;) {
    const auto count = std::min(size - at, static_cast<sqlite3_int64>(block.size()));
    const int failed = file()->pMethods->xRead(file(), block.data(), static_cast<int>(count), at);
    if (failed != SQLITE_OK) return failed;
    out.write(block.data(), count);
    at += count;
  }
  return out.flush() ? SQLITE_OK : SQLITE_FULL;
}

}  // namespace tonearm::catalog
