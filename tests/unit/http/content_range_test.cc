#include "tonearm/http/content_range.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace tonearm::http {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

// RFC 9110 §14.4: range-resp = incl-range "/" ( complete-length / "*" )
TEST(ParseContentRange, ReadsARangeOfAKnownTotal) {
  EXPECT_EQ(parse_content_range("bytes 0-1/57625802"), (ContentRange{ByteRange{0, 2}, 57625802}));
  EXPECT_EQ(parse_content_range("bytes 42-42/43"), (ContentRange{ByteRange{42, 43}, 43}));
}

TEST(ParseContentRange, ReadsARangeOfAnUnknownTotal) {
  EXPECT_EQ(parse_content_range("bytes 42-1233/*"),
            (ContentRange{ByteRange{42, 1234}, std::nullopt}));
}

TEST(ParseContentRange, ReadsAnUnsatisfiedRange) {
  EXPECT_EQ(parse_content_range("bytes */1234"), (ContentRange{std::nullopt, 1234}));
  EXPECT_EQ(parse_content_range("bytes */0"), (ContentRange{std::nullopt, 0}));
}

// RFC 9110 §14.1: range units are case-insensitive.
TEST(ParseContentRange, UnitIsCaseInsensitive) {
  EXPECT_EQ(parse_content_range("Bytes 0-0/1"), (ContentRange{ByteRange{0, 1}, 1}));
}

TEST(ParseContentRange, TheLargestNumbersThatFitAreRead) {
  EXPECT_EQ(parse_content_range("bytes 0-18446744073709551614/18446744073709551615"),
            (ContentRange{ByteRange{0, most}, most}));
  EXPECT_EQ(parse_content_range("bytes */18446744073709551615"),
            (ContentRange{std::nullopt, most}));
}

TEST(ParseContentRange, NumbersPast64BitsAreInvalid) {
  for (const char* text :
       {"bytes 0-1/18446744073709551616", "bytes */18446744073709551616",
        "bytes 0-18446744073709551616/*", "bytes 18446744073709551616-18446744073709551617/*",
        // The half-open end would wrap.
        "bytes 0-18446744073709551615/*"}) {
    EXPECT_FALSE(parse_content_range(text)) << text;
  }
}

// RFC 9110 §14.4: last-pos less than first-pos, or complete-length not greater than last-pos.
TEST(ParseContentRange, ContradictionsAreInvalid) {
  for (const char* text : {"bytes 5-4/10", "bytes 0-10/10", "bytes 0-0/0", "bytes 10-11/10"}) {
    EXPECT_FALSE(parse_content_range(text)) << text;
  }
}

TEST(ParseContentRange, BrokenGrammarIsInvalid) {
  for (const char* text : {"",
                           "bytes",
                           "bytes ",
                           "bytes 0-1",
                           "bytes 0-1/",
                           "bytes /10",
                           "bytes */*",
                           "bytes */",
                           "bytes -1/10",
                           "bytes 0-/10",
                           "bytes 0/10",
                           "bytes=0-1/10",
                           "bytes0-1/2",
                           "bytes  0-1/2",
                           "bytes 0 -1/2",
                           "bytes 0-1 /2",
                           "bytes 0-1/ 2",
                           "bytes 0-1/2 ",
                           "bytes 0-1/-2",
                           "bytes +0-1/2",
                           "bytes 0--1/2",
                           "bytes 0-1/2/3",
                           "bytes 0x0-1/2",
                           "bytes 0-1/2,",
                           "bytes 0-1/**",
                           "bytes *-1/2",
                           "bytes nan-inf/inf",
                           "0-1/2"}) {
    EXPECT_FALSE(parse_content_range(text)) << '"' << text << '"';
  }
}

TEST(ParseContentRange, AnotherUnitIsInvalid) {
  EXPECT_FALSE(parse_content_range("items 0-1/2"));
  EXPECT_FALSE(parse_content_range("kbytes 0-1/2"));
}

TEST(FormatContentRange, WritesTheInclusiveLastPosition) {
  EXPECT_EQ(format_content_range({0, 2}, 57625802), "bytes 0-1/57625802");
  EXPECT_EQ(format_content_range({9, 10}, 10), "bytes 9-9/10");
  EXPECT_EQ(format_content_range({most - 1, most}, most),
            "bytes 18446744073709551614-18446744073709551614/18446744073709551615");
}

TEST(FormatContentRange, AnUnknownTotalIsAStar) {
  EXPECT_EQ(format_content_range({0, 2}, std::nullopt), "bytes 0-1/*");
}

TEST(FormatContentRange, AnUnsatisfiedRangeNamesTheTotal) {
  EXPECT_EQ(format_unsatisfied_range(57625802), "bytes */57625802");
  EXPECT_EQ(format_unsatisfied_range(0), "bytes */0");
}

}  // namespace
}  // namespace tonearm::http
