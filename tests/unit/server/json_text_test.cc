#include "server/json_text.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <string>

namespace tonearm::server {
namespace {

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonText, PlainTextAndUtf8StayAsTheyAre) {
  EXPECT_EQ(json_string("S\u00F8ng \u266B \U0001F3B5 /?&"), "\"S\u00F8ng \u266B \U0001F3B5 /?&\"");
}

// RFC 8259 §7.
TEST(JsonText, QuoteBackslashAndControlsAreEscaped) {
  EXPECT_EQ(json_string("a\"b\\c\n\x01\x7F"), R"("a\"b\\c\u000a\u0001\u007f")");
  EXPECT_EQ(json_string(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(JsonText, LineSeparatorsAndC1ControlsAreEscaped) {
  EXPECT_EQ(json_string("\u0085\u009B\u2028\u2029"), R"("\u0085\u009b\u2028\u2029")");
}

// Unicode 15 §3.9, table 3-7.
TEST(JsonText, EveryByteOfMalformedUtf8IsReplaced) {
  EXPECT_EQ(json_string("a\xFFz"), R"("a\ufffdz")");
  EXPECT_EQ(json_string("\xC0\xAF"), R"("\ufffd\ufffd")");                      // overlong
  EXPECT_EQ(json_string("\xE0\x80\x80"), R"("\ufffd\ufffd\ufffd")");            // overlong
  EXPECT_EQ(json_string("\xED\xA0\x80"), R"("\ufffd\ufffd\ufffd")");            // a surrogate
  EXPECT_EQ(json_string("\xF4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")");  // behind U+10FFFF
  EXPECT_EQ(json_string("\xF0\x9F\x8E"), R"("\ufffd\ufffd\ufffd")");            // cut off
  EXPECT_EQ(json_string("\x80"), R"("\ufffd")");
}

TEST(JsonText, AnyTwoBytesYieldValidJson) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      boost::json::error_code error;
      boost::json::parse(json_string(text), error);
      ASSERT_FALSE(error) << first << " " << second;
    }
  }
}

TEST(JsonText, AnIdIsANumberWhereEveryReaderHoldsItExactly) {
  const auto json_id = [](std::string_view id) {
    std::string out;
    append_json_id(out, id);
    return out;
  };
  for (const char* const number : {"0", "7", "-5", "9007199254740991", "-9007199254740991"}) {
    EXPECT_EQ(json_id(number), number);
  }
  for (const char* const text :
       {"", "-", "-0", "07", "+7", "7.0", "1e3", " 7", "a.2", "9007199254740992",
        "-9007199254740992", "9223372036854775807", "9223372036854775808"}) {
    EXPECT_EQ(json_id(text), '"' + std::string(text) + '"');
  }
}

TEST(JsonText, TimeIsRfc3339InUtcWithMilliseconds) {
  std::string out;
  append_json_time(out, std::chrono::sys_seconds(std::chrono::seconds(784111777)) +
                            std::chrono::microseconds(7999));
  EXPECT_EQ(out, "\"1994-11-06T08:49:37.007Z\"");
}

}  // namespace
}  // namespace tonearm::server
