#include "tonearm/base/char_set.h"

#include <gtest/gtest.h>

namespace tonearm {
namespace {

TEST(CharSet, HoldsLettersDigitsAndTheMarksAndNothingElse) {
  constexpr CharSet set = make_char_set("-~");
  EXPECT_TRUE(consists_of(set, "azAZ09-~"));
  EXPECT_TRUE(consists_of(set, ""));
  for (const char* text : {"/", ":", "@", "[", "`", "{", " ", "\xE4", "a.b"}) {
    EXPECT_FALSE(consists_of(set, text)) << text;
  }
}

TEST(CharSet, NulIsAByteLikeAnyOther) {
  EXPECT_FALSE(contains(make_char_set(""), '\0'));
  EXPECT_TRUE(contains(make_char_set({"\0", 1}), '\0'));
}

TEST(CharSet, TheLeadingPartEndsBeforeTheFirstOther) {
  EXPECT_EQ(leading(scheme_chars, "svn+ssh://h"), "svn+ssh");
  EXPECT_EQ(leading(scheme_chars, "song"), "song");
  EXPECT_EQ(leading(scheme_chars, "://h"), "");
  EXPECT_EQ(leading(scheme_chars, ""), "");
}

}  // namespace
}  // namespace tonearm
