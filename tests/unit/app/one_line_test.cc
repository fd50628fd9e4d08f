#include "app/one_line.h"

#include <gtest/gtest.h>

namespace tonearm::app {
namespace {

TEST(OneLine, TextStaysAsItIs) {
  for (const std::string_view text : {"", "a b", "D\xC3\xA9j\xC3\xA0 Vu", "\xC2\xA0", "\\x1b"}) {
    EXPECT_EQ(one_line(text), text);
  }
}

TEST(OneLine, WhatActsOnATerminalOrEndsALineIsEscaped) {
  EXPECT_EQ(one_line("a\n\x1b[31m\t\x7f"), "a\\x0a\\x1b[31m\\x09\\x7f");
  EXPECT_EQ(one_line("a\xC2\x9B\x31m\xC2\x85z"), "a\\xc2\\x9b1m\\xc2\\x85z");
  EXPECT_EQ(one_line("a\u2028b\u2029"), "a\\xe2\\x80\\xa8b\\xe2\\x80\\xa9");
}

TEST(OneLine, WhatIsNoUtf8IsEscapedByteByByte) {
  EXPECT_EQ(one_line("caf\xE9 \x9B\x31m"), "caf\\xe9 \\x9b1m");
  EXPECT_EQ(one_line("\xE2\x80"), "\\xe2\\x80");
}

}  // namespace
}  // namespace tonearm::app
