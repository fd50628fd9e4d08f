#include "catalog/readonly_vfs.h"

#include <sqlite3.h>

namespace tonearm::catalog {
namespace {

sqlite3_vfs* system_vfs() {
  static sqlite3_vfs* const vfs = sqlite3_vfs_find("unix");
  return vfs;
}

int open_readonly(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* got) {
  constexpr int kept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL;
  if ((flags & kept) != 0) {
    flags &= ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_DELETEONCLOSE);
    flags |= SQLITE_OPEN_READONLY;
  }
  return system_vfs()->xOpen(system_vfs(), name, file, flags, got);
}

// A reader deletes only what it finds meaningless, and reads on without it.
int delete_nothing(sqlite3_vfs*, const char*, int) { return SQLITE_OK; }

struct ReadonlyVfs {
  ReadonlyVfs() : vfs(*system_vfs()) {
    vfs.zName = "tonearm-readonly";
    vfs.pNext = nullptr;
    vfs.xOpen = &open_readonly;
    vfs.xDelete = &delete_nothing;
    sqlite3_vfs_register(&vfs, 0);
  }
  sqlite3_vfs vfs;
};

}  // namespace

const char* readonly_vfs() {
  static ReadonlyVfs registered;
  return registered.vfs.zName;
}

}  // namespace tonearm::catalog
