#include "tonearm/base/utf8.h"

#include <gtest/gtest.h>

namespace tonearm {
namespace {

// Unicode table 3-7.
TEST(Utf8, TellsTextFromBytes) {
  for (const std::string_view good : {"", "a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x8E\xB5",
                                      "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const std::string_view bad :
       {"\xFF", "\x80", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF0\x9F\x8E", "a\xC3z"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

TEST(Utf8, RepairsByteByByte) {
  EXPECT_EQ(repaired_utf8("a\xFF\xC3\xA9\xC3"), "a\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD");
  EXPECT_EQ(repaired_utf8(""), "");
}

}  // namespace
}  // namespace tonearm
