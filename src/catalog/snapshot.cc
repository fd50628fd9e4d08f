#include "catalog/snapshot.h"

#include "catalog/database_stamp.h"
#include "catalog/locked_file.h"
#include "catalog/sqlite_handles.h"

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <thread>

namespace tonearm::catalog {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

int lock_until(LockedFile& file, Clock::time_point until) {
  int result = file.lock_shared();
  while (result == SQLITE_BUSY && Clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    result = file.lock_shared();
  }
  return result;
}

/// No lock hangs on these, so that they may be opened like any file.
std::string copy_if_there(const std::string& from, const std::string& to) {
  std::error_code failed;
  // An earlier copy may be as read-only as what it was made of.
  fs::remove(to, failed);
  fs::copy_file(from, to, failed);
  // The copy is folded in, and its mode is that of the original.
  if (!failed) fs::permissions(to, fs::perms::owner_write, fs::perm_options::add, failed);
  if (!failed) return {};
  if (failed == std::errc::no_such_file_or_directory) return {};
  return from + " cannot be copied: " + failed.message();
}

}  // namespace

Result<std::unique_ptr<Snapshot>> Snapshot::of(const std::string& path, const std::string& real,
                                               Clock::time_point until) {
  std::error_code failed;
  const auto parent = fs::temp_directory_path(failed);
  std::string directory = (failed ? fs::path("/tmp") : parent) / "tonearm-catalog-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) {
    return unavailable(path, "needs a copy, and " + directory +
                                 " cannot be made: " + std::generic_category().message(errno));
  }
  std::unique_ptr<Snapshot> snapshot(new Snapshot(std::move(directory)));
  if (auto problem = snapshot->copy_from(real, until); !problem.empty()) {
    return unavailable(path, problem);
  }
  if (auto problem = snapshot->fold_in(); !problem.empty()) return unavailable(path, problem);
  return snapshot;
}

Snapshot::Snapshot(std::string directory)
    : directory_(std::move(directory)), file_(directory_ + "/catalog") {}

Snapshot::~Snapshot() {
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

std::string Snapshot::copy_from(const std::string& real, Clock::time_point until) {
  // A writer to the log holds no lock on the file: what it does meanwhile shows in the stamps.
  constexpr int tries = 3;
  for (int i = 0; i < tries; ++i) {
    const auto before = DatabaseStamp::of(real, real + "-wal");
    LockedFile source(real);
    int result = lock_until(source, until);
    if (result == SQLITE_OK) result = source.copy_to(file_);
    if (result == SQLITE_BUSY) return "is locked by another program";
    if (result != SQLITE_OK) return std::string("cannot be copied: ") + sqlite3_errstr(result);
    for (const char* suffix : {"-wal", "-journal"}) {
      auto problem = copy_if_there(real + suffix, file_ + suffix);
      if (!problem.empty()) return problem;
    }
    if (DatabaseStamp::of(real, real + "-wal") == before) return {};
  }
  return "is being written all the time, and cannot be read without write permission";
}

std::string Snapshot::fold_in() const {
  sqlite3* opened = nullptr;
  constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  sqlite3_open_v2(file_.c_str(), &opened, flags, "unix");
  const Connection connection(opened);
  const char* const pragmas = "PRAGMA synchronous = OFF; PRAGMA journal_mode = DELETE";
  if (sqlite3_exec(opened, pragmas, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return std::string("its log or journal cannot be used: ") + sqlite3_errmsg(opened);
}

}  // namespace tonearm::catalog
