#include "catalog/database_stamp.h"

#include <gtest/gtest.h>

namespace tonearm::catalog {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t millisecond = 1'000'000;

TEST(DatabaseStamp, IsTooFreshWithinATickOfItsFileSystem) {
  const struct {
    std::int64_t written;
    std::int64_t seen;
    bool too_fresh;
  } rows[] = {
      {1000 * second + 1, 1000 * second + 10 * millisecond, true},
      {1000 * second + 1, 1000 * second + 30 * millisecond, false},
      // A second after a stamp of whole seconds it may still be the time that is written.
      {1000 * second, 1001 * second, true},
      {1000 * second, 1003 * second, false},
      {1000 * second, 999 * second, true},
      {0, 1000 * second, false},
  };
  for (const auto& row : rows) {
    DatabaseStamp database;
    database.database.changed = row.written;
    EXPECT_EQ(database.is_too_fresh(row.seen), row.too_fresh) << row.written << ' ' << row.seen;
    DatabaseStamp log;
    log.wal.modified = row.written;
    EXPECT_EQ(log.is_too_fresh(row.seen), row.too_fresh) << row.written << ' ' << row.seen;
  }
}

}  // namespace
}  // namespace tonearm::catalog
