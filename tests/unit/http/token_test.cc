#include "tonearm/http/token.h"

#include <gtest/gtest.h>

namespace tonearm::http {
namespace {

// RFC 9110 §5.6.2.
TEST(Token, IsMadeOfTchars) {
  for (const char* token : {"GET", "x", "x-amz-date", "!#$%&'*+-.^_`|~09azAZ"}) {
    EXPECT_TRUE(is_token(token)) << token;
  }
}

TEST(Token, HasNoDelimiterBlankOrByteAboveAscii) {
  for (const char* text :
       {"", " ", "a b", "a\t", "a:", "(a)", "a/b", "\"a\"", "a\r\n", "\xC3\xA4"}) {
    EXPECT_FALSE(is_token(text)) << text;
  }
  EXPECT_FALSE(is_token(std::string_view("a\0", 2)));
}

}  // namespace
}  // namespace tonearm::http
