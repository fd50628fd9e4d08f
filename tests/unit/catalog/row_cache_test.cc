#include "catalog/row_cache.h"

#include <gtest/gtest.h>

namespace tonearm::catalog {
namespace {

RowCache::Row song(const std::string& file) {
  Song made;
  made.file = file;
  return std::make_shared<const Song>(made);
}

TEST(RowCache, KeepsWhatWasThereAndWhatWasNot) {
  RowCache cache;
  EXPECT_EQ(cache.find("a"), std::nullopt);
  cache.insert("a", song("x"));
  cache.insert("b", nullptr);
  ASSERT_TRUE(cache.find("a"));
  EXPECT_EQ((*cache.find("a"))->file, "x");
  ASSERT_TRUE(cache.find("b"));
  EXPECT_EQ(*cache.find("b"), nullptr);
  cache.clear();
  EXPECT_EQ(cache.find("a"), std::nullopt);
}

TEST(RowCache, IsBoundedInRowsAndKeepsWhatIsAskedFor) {
  RowCache cache;
  cache.insert("hot", song("x"));
  for (std::size_t i = 0; i < 5 * RowCache::most_rows; ++i) {
    cache.insert(std::to_string(i), nullptr);
    ASSERT_TRUE(cache.find("hot")) << i;
    ASSERT_LE(cache.size(), 2 * RowCache::most_rows);
  }
  EXPECT_EQ(cache.find("0"), std::nullopt);
}

TEST(RowCache, IsBoundedInBytes) {
  RowCache cache;
  const std::string large(RowCache::most_bytes / 4, 'x');
  for (int i = 0; i < 100; ++i) cache.insert(std::to_string(i), song(large));
  EXPECT_LE(cache.size(), 8U);
  cache.insert("too large", song(std::string(RowCache::most_bytes, 'x')));
  EXPECT_EQ(cache.find("too large"), std::nullopt);
}

TEST(RowCache, AnOlderRowNeverOutlivesAnInsert) {
  RowCache cache;
  cache.insert("a", song("old"));
  for (std::size_t i = 0; i < RowCache::most_rows; ++i) cache.insert(std::to_string(i), nullptr);
  cache.insert("a", song("new"));
  EXPECT_EQ((*cache.find("a"))->file, "new");
}

}  // namespace
}  // namespace tonearm::catalog
