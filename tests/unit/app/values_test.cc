#include "app/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tonearm::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// The node of `k = LITERAL`.
struct Value {
  explicit Value(const std::string& literal) : table(toml::parse("k = " + literal)) {}
  const toml::node& node() const { return *table.get("k"); }
  toml::table table;
};

TEST(ReadText, TakesStringsOnly) {
  std::string out = "before";
  EXPECT_EQ(read_text(Value("\"x\"").node(), out), std::nullopt);
  EXPECT_EQ(out, "x");
  EXPECT_EQ(read_text(Value("3").node(), out), "3 is not a string; give one in quotes");
  EXPECT_EQ(read_text(Value("[]").node(), out), "an array is not a string; give one in quotes");
  EXPECT_EQ(read_text(Value("{}").node(), out), "a table is not a string; give one in quotes");
  EXPECT_EQ(read_text(Value("\"a\\u0000b\"").node(), out), "a string must not hold NUL");
  EXPECT_EQ(out, "x") << "a complaint must leave the value alone";
}

TEST(ReadTexts, TakesArraysOfStringsOnly) {
  std::vector<std::string> out{"before"};
  EXPECT_EQ(read_texts(Value("\"a\"").node(), out).complaint,
            "\"a\" is not an array of strings; give [\"…\", \"…\"], or [] for none");
  EXPECT_EQ(read_texts(Value("[\"a\", 1]").node(), out).complaint,
            "1 is not a string; give one in quotes");
  EXPECT_THAT(out, ElementsAre("before"));
  EXPECT_EQ(read_texts(Value("[\"a\", \"b\"]").node(), out).complaint, std::nullopt);
  EXPECT_THAT(out, ElementsAre("a", "b"));
  EXPECT_EQ(read_texts(Value("[]").node(), out).complaint, std::nullopt);
  EXPECT_THAT(out, ElementsAre());
}

TEST(ReadFlag, TakesTrueAndFalseOnly) {
  bool out = false;
  EXPECT_EQ(read_flag(Value("true").node(), out), std::nullopt);
  EXPECT_TRUE(out);
  EXPECT_EQ(read_flag(Value("0").node(), out), "0 is neither true nor false");
  EXPECT_EQ(read_flag(Value("\"false\"").node(), out), "\"false\" is neither true nor false");
  EXPECT_TRUE(out);
}

TEST(ReadNumber, HoldsItsBounds) {
  std::uint64_t out = 7;
  EXPECT_EQ(read_number(Value("4").node(), 5, 9, {}, out),
            "4 is out of bounds; give a number from 5 to 9");
  EXPECT_EQ(read_number(Value("10").node(), 5, 9, {}, out),
            "10 is out of bounds; give a number from 5 to 9");
  EXPECT_EQ(read_number(Value("-1").node(), 0, 9, {}, out),
            "-1 is out of bounds; give a number from 0 to 9");
  EXPECT_EQ(read_number(Value("1.5").node(), 0, 9, {}, out),
            "1.5 is not an integer; give a number from 0 to 9");
  EXPECT_EQ(read_number(Value("\"6\"").node(), 0, 9, {}, out),
            "\"6\" is not an integer; give a number from 0 to 9");
  EXPECT_EQ(out, 7U);
  EXPECT_EQ(read_number(Value("5").node(), 5, 9, {}, out), std::nullopt);
  EXPECT_EQ(out, 5U);
  EXPECT_EQ(read_number(Value("9").node(), 5, 9, {}, out), std::nullopt);
  EXPECT_EQ(out, 9U);
}

TEST(ReadSize, TakesTextAndBytesWithinBounds) {
  std::uint64_t out = 7;
  EXPECT_EQ(read_size(Value("\"2KiB\"").node(), 1024, 4096, {}, out), std::nullopt);
  EXPECT_EQ(out, 2048U);
  EXPECT_EQ(read_size(Value("4096").node(), 1024, 4096, {}, out), std::nullopt);
  EXPECT_EQ(out, 4096U);
  EXPECT_EQ(read_size(Value("4097").node(), 1024, 4096, {}, out),
            "4097 is out of bounds; give one from 1KiB to 4KiB");
  EXPECT_EQ(read_size(Value("0").node(), 1024, 4096, {}, out),
            "0 is out of bounds; give one from 1KiB to 4KiB");
  EXPECT_EQ(out, 4096U);
}

TEST(ReadSize, ZeroPassesWhereItMeansSomething) {
  std::uint64_t out = 7;
  EXPECT_EQ(read_size(Value("1").node(), 1024, 4096, "no limit", out),
            "1 is out of bounds; give one from 1KiB to 4KiB, or 0 for no limit");
  EXPECT_EQ(out, 7U);
  EXPECT_EQ(read_size(Value("0").node(), 1024, 4096, "no limit", out), std::nullopt);
  EXPECT_EQ(out, 0U);
}

TEST(ReadSize, RefusesWhatIsNoSize) {
  std::uint64_t out = 7;
  for (const std::string literal : {"-1", "1.5", "true", "\"1Mb\"", "\"\""}) {
    EXPECT_EQ(read_size(Value(literal).node(), 0, 4096, {}, out),
              literal + " is not a size; give \"64KiB\", \"1MiB\", \"10GiB\" or a number of bytes");
  }
  EXPECT_EQ(out, 7U);
}

TEST(ReadDuration, TakesTextAndPlainZeroWithinBounds) {
  std::chrono::milliseconds out = 7ms;
  EXPECT_EQ(read_duration(Value("\"10s\"").node(), 1ms, 1h, out), std::nullopt);
  EXPECT_EQ(out, 10s);
  EXPECT_EQ(read_duration(Value("0").node(), 1ms, 1h, out),
            "0 is out of bounds; give one from 1ms to 1h");
  EXPECT_EQ(read_duration(Value("\"61m\"").node(), 1ms, 1h, out),
            "\"61m\" is out of bounds; give one from 1ms to 1h");
  EXPECT_EQ(out, 10s);
  EXPECT_EQ(read_duration(Value("0").node(), 0ms, 1h, out), std::nullopt);
  EXPECT_EQ(out, 0ms);
}

TEST(ReadDuration, RefusesWhatIsNoDuration) {
  std::chrono::milliseconds out = 7ms;
  for (const std::string literal : {"10", "-1", "true", "\"10\"", "\"1.5s\""}) {
    EXPECT_EQ(read_duration(Value(literal).node(), 0ms, 1h, out),
              literal + " is not a duration; give \"250ms\", \"10s\", \"5m\" or \"24h\"");
  }
  EXPECT_EQ(out, 7ms);
}

}  // namespace
}  // namespace tonearm::app
