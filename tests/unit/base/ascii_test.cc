#include "tonearm/base/ascii.h"

#include <gtest/gtest.h>

#include <memory>

namespace tonearm {
namespace {

TEST(Ascii, LettersAreAlikeInEitherCaseAndNothingElseIs) {
  EXPECT_TRUE(iequals("", ""));
  EXPECT_TRUE(iequals("Content-RANGE", "content-range"));
  EXPECT_FALSE(iequals("HTTP/1", "HTTP/"));
  EXPECT_FALSE(iequals("HTTP/", "HTTP/1"));
  EXPECT_FALSE(iequals("@[`{", "`{@["));
  EXPECT_FALSE(iequals("\xC4", "\xE4"));
}

TEST(Ascii, StartsAndEndsAreComparedInEitherCase) {
  EXPECT_TRUE(istarts_with("HTTPS://h", "https://"));
  EXPECT_TRUE(istarts_with("", ""));
  EXPECT_FALSE(istarts_with("http", "http:"));
  EXPECT_FALSE(istarts_with("ahttp:", "http:"));
  EXPECT_TRUE(iends_with("binary/Octet-STREAM", "/octet-stream"));
  EXPECT_TRUE(iends_with("", ""));
  EXPECT_FALSE(iends_with("stream", "/octet-stream"));
}

TEST(Ascii, LowerCaseIsOfLettersAlone) {
  EXPECT_EQ(to_lower("AZaz@[`{09"), "azaz@[`{09");
  EXPECT_EQ(to_lower("\xC4"), "\xC4");
}

TEST(Ascii, TrimTakesSpacesAndTabsAndNothingElse) {
  EXPECT_EQ(trim(" \t a b\t "), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("\ra\n"), "\ra\n");
}

TEST(Ascii, NothingThatIsLeftLiesWhereTheTextDoes) {
  const std::string_view blank = " \t";
  EXPECT_EQ(trim(blank).data(), blank.data());
}

// Under AddressSanitizer the text's end is the end of what may be read.
TEST(Ascii, ReadsNothingPastTheEnd) {
  const std::unique_ptr<char[]> text(new char[5]{'H', 't', 'T', 'P', '/'});
  EXPECT_TRUE(iequals({text.get(), 5}, "HTTP/"));
}

TEST(Ascii, ControlCharactersAreThoseBelowTheBlankAndDel) {
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(is_ctl(static_cast<char>(byte)), byte < 0x20 || byte == 0x7F) << byte;
  }
}

}  // namespace
}  // namespace tonearm
