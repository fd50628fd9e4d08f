#include "app/units.h"

#include <gtest/gtest.h>

#include <limits>

namespace tonearm::app {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST(ParseSize, ReadsBinaryUnitsAndPlainBytes) {
  const struct {
    std::string_view text;
    std::uint64_t bytes;
  } rows[] = {{"0", 0},
              {"100", 100},
              {"100B", 100},
              {"64KiB", 65'536},
              {"1MiB", 1'048'576},
              {"10GiB", 10'737'418'240},
              {"2TiB", 2'199'023'255'552},
              {"9223372036854775807", 9'223'372'036'854'775'807}};
  for (const auto& row : rows) {
    EXPECT_EQ(parse_size(row.text), row.bytes) << row.text;
  }
}

TEST(ParseSize, RefusesAnythingElse) {
  for (const std::string_view text :
       {"", " ", "KiB", "-1", "+1", "1 KiB", " 1", "1 ", "1kib", "1.5MiB", "0x10", "1e3", "1MiB1",
        "18446744073709551616MB1"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(ParseSize, TakesTheLargestThatFits63Bits) {
  EXPECT_EQ(parse_size("8388607TiB"), 8'388'607ULL << 40);
  for (const std::string_view text :
       {"9223372036854775808", "18446744073709551616", "8388608TiB", "18446744073709551616TB"}) {
    EXPECT_EQ(parse_size(text), UINT64_MAX) << text;
  }
}

TEST(FormatSize, TakesTheLargestUnitThatDivides) {
  EXPECT_EQ(format_size(0), "0B");
  EXPECT_EQ(format_size(1), "1B");
  EXPECT_EQ(format_size(1'024), "1KiB");
  EXPECT_EQ(format_size(1'025), "1025B");
  EXPECT_EQ(format_size(1'536), "1536B");
  EXPECT_EQ(format_size(3 * 1'048'576), "3MiB");
  EXPECT_EQ(format_size(1ULL << 30), "1GiB");
  EXPECT_EQ(format_size(1ULL << 40), "1TiB");
}

TEST(ParseDuration, ReadsWholeNumbersOfOneUnit) {
  const struct {
    std::string_view text;
    std::chrono::milliseconds duration;
  } rows[] = {{"0s", 0ms},  {"250ms", 250ms}, {"10s", 10s},
              {"5m", 5min}, {"24h", 24h},     {"7d", 168h}};
  for (const auto& row : rows) {
    EXPECT_EQ(parse_duration(row.text), row.duration) << row.text;
  }
}

TEST(ParseDuration, RefusesAnythingElse) {
  for (const std::string_view text :
       {"", "10", "0", "s", "-1s", "1.5s", "1 s", "1h30m", "10sec", "1S", "1w"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << '"' << text << '"';
  }
  for (const std::string_view text : {"106751991168d", "18446744073709551616ms"}) {
    EXPECT_EQ(parse_duration(text), milliseconds::max()) << text;
  }
}

TEST(FormatDuration, TakesTheLargestUnitThatDivides) {
  EXPECT_EQ(format_duration(0ms), "0s");
  EXPECT_EQ(format_duration(250ms), "250ms");
  EXPECT_EQ(format_duration(1'500ms), "1500ms");
  EXPECT_EQ(format_duration(75s), "75s");
  EXPECT_EQ(format_duration(120s), "2m");
  EXPECT_EQ(format_duration(4h), "4h");
  EXPECT_EQ(format_duration(48h), "48h");
}

TEST(Units, WhatIsFormattedReadsBackAsTheSame) {
  for (const std::uint64_t bytes : {0ULL, 1ULL, 1'023ULL, 1'048'576ULL, 5ULL << 30, 7ULL << 40}) {
    EXPECT_EQ(parse_size(format_size(bytes)), bytes);
  }
  for (const auto duration : {0ms, 1ms, 999ms, 60'000ms, 90'000ms, 86'400'000ms}) {
    EXPECT_EQ(parse_duration(format_duration(duration)), duration);
  }
}

}  // namespace
}  // namespace tonearm::app
