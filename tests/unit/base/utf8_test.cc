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

TEST(Utf8, ControlsAreWhatActsOnLinesAndTerminals) {
  for (const std::string_view control :
       {"\n", "\x1F", "\x7F", "\xC2\x80", "\xC2\x9F", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
    EXPECT_TRUE(is_control(control));
  }
  for (const std::string_view text : {" ", "a", "\xC2\xA0", "\xC3\x80", "\xE2\x80\xA7"}) {
    EXPECT_FALSE(is_control(text)) << text;
  }
}

TEST(Utf8, RepairsByteByByte) {
  EXPECT_EQ(repaired_utf8("a\xFF\xC3\xA9\xC3"), "a\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD");
  EXPECT_EQ(repaired_utf8(""), "");
}

}  // namespace
}  // namespace tonearm
