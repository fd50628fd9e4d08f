#include "catalog/song_id.h"

#include <gtest/gtest.h>

namespace tonearm::catalog {
namespace {

struct Row {
  const char* id;
  std::optional<std::int64_t> canonical;
  std::optional<std::int64_t> disguised;
};

TEST(SongIdNumbers, AreCanonicalDisguisedOrNone) {
  const Row rows[] = {
      {"0", 0, {}},
      {"7", 7, {}},
      {"-5", -5, {}},
      {"9223372036854775807", INT64_MAX, {}},
      {"-9223372036854775808", INT64_MIN, {}},
      {"9223372036854775808", {}, {}},
      {"-0", {}, 0},
      {"07", {}, 7},
      {"007", {}, 7},
      {"7.0", {}, 7},
      {"7.", {}, 7},
      {"7e0", {}, 7},
      {"70e-1", {}, 7},
      {"7.5", {}, {}},
      {"09223372036854775807", {}, INT64_MAX},
      {"1e400", {}, {}},
      {"", {}, {}},
      {"-", {}, {}},
      {"e", {}, {}},
      {"7x", {}, {}},
      {"0x7", {}, {}},
      {"inf", {}, {}},
      {"nan", {}, {}},
      {"7-7", {}, {}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(canonical_integer(row.id), row.canonical) << row.id;
    EXPECT_EQ(disguised_integer(row.id), row.disguised) << row.id;
  }
}

}  // namespace
}  // namespace tonearm::catalog
