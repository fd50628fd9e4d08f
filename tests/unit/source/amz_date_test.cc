#include "source/amz_date.h"

#include <gtest/gtest.h>

namespace tonearm::source {
namespace {

using namespace std::chrono;

constexpr sys_seconds january_2 = sys_days(2026y / January / 2) + 3h + 4min + 5s;

TEST(AmzDate, IsPadded) { EXPECT_EQ(format_amz_date(january_2), "20260102T030405Z"); }

TEST(AmzDate, IsReadAsItIsWritten) {
  EXPECT_EQ(parse_amz_date("20260102T030405Z"), january_2);
  EXPECT_EQ(parse_amz_date("20240229T235959Z"), sys_days(2024y / March / 1) - 1s);
}

TEST(AmzDate, NothingElseIsOne) {
  for (const char* text :
       {"", "20260102", "20260102T030405", "20260102 030405Z", "20260229T000000Z",
        "20260102T250000Z", "20260102T006000Z", "2026010aT030405Z", "20260102T030405ZZ"}) {
    EXPECT_FALSE(parse_amz_date(text)) << text;
  }
}

}  // namespace
}  // namespace tonearm::source
