#include "tonearm/base/number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace tonearm {
namespace {

TEST(ParseNumber, IsAllOfTheText) {
  EXPECT_EQ(parse_number<unsigned>("0"), 0U);
  EXPECT_EQ(parse_number<unsigned>("007"), 7U);
  EXPECT_EQ(parse_number<std::int64_t>("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(parse_number<std::uint64_t>("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_number<double>("-1.5e3"), -1500.0);
  for (const std::string_view text : {"", " 1", "1 ", "+1", "-1", "1.0", "0x1", "1k", "-"}) {
    EXPECT_EQ(parse_number<unsigned>(text), std::nullopt) << text;
  }
}

TEST(ParseNumber, FitsItsType) {
  EXPECT_EQ(parse_number<std::uint16_t>("65535"), 65535);
  EXPECT_EQ(parse_number<std::uint16_t>("65536"), std::nullopt);
  EXPECT_EQ(parse_number<std::uint64_t>("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_number<double>("1e999"), std::nullopt);
}

TEST(ParseNumber, InfinityAndNanAreNumbersOfFloatingPointOnly) {
  for (const std::string_view text : {"inf", "-inf", "Infinity", "nan"}) {
    const auto number = parse_number<double>(text);
    ASSERT_TRUE(number) << text;
    EXPECT_FALSE(std::isfinite(*number)) << text;
    EXPECT_EQ(parse_number<unsigned>(text), std::nullopt) << text;
  }
}

TEST(ParseNumber, ReadsNoByteBehindTheText) {
  EXPECT_EQ(parse_number<unsigned>(std::string_view("1234").substr(0, 2)), 12U);
  EXPECT_EQ(parse_number<unsigned>(std::string_view()), std::nullopt);
}

TEST(AppendNumber, WritesAllDigits) {
  std::string text = "bytes ";
  append_number(text, 0);
  text += '-';
  append_number(text, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(text, "bytes 0-18446744073709551615");
}

}  // namespace
}  // namespace tonearm
