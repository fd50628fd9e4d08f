#include "tonearm/http/stray_bytes.h"

#include <gtest/gtest.h>

namespace tonearm::http {
namespace {

TEST(EncodeStrays, LeavesWhatAUrlMayHold) {
  for (const char* text : {"", "/a-._~b?c=d&e:/?@!$&'()*+,;=#f", "%20%2F%e4%41"}) {
    EXPECT_EQ(encode_strays(text), text);
  }
}

TEST(EncodeStrays, EncodesEveryOtherByte) {
  EXPECT_EQ(encode_strays("a b|\"<>\\^`{}\x01\x7F\xC3\xBC"),
            "a%20b%7C%22%3C%3E%5C%5E%60%7B%7D%01%7F%C3%BC");
}

TEST(EncodeStrays, EncodesAPercentSignThatBeginsNoEscape) {
  EXPECT_EQ(encode_strays("100%"), "100%25");
  EXPECT_EQ(encode_strays("%2"), "%252");
  EXPECT_EQ(encode_strays("%zz%%20"), "%25zz%25%20");
}

TEST(EncodeStrays, KeepsBracketsWhereTheyArePlain) {
  EXPECT_EQ(encode_strays("[::1]"), "%5B::1%5D");
  EXPECT_EQ(encode_strays("[::1]", make_char_set(":[]")), "[::1]");
}

}  // namespace
}  // namespace tonearm::http
