#include "tonearm/http/validators.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace tonearm::http {
namespace {

using std::chrono::seconds;

/// 1994-11-06 08:49:37 UTC, the example of RFC 9110 §5.6.7.
constexpr HttpTime example{seconds(784111777)};

TEST(ParseHttpDate, ReadsAllThreeForms) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), example);   // IMF-fixdate
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), example);  // rfc850-date
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), example);        // asctime-date
}

TEST(ParseHttpDate, AsctimeDaysOfTwoDigits) {
  EXPECT_EQ(parse_http_date("Wed Nov 16 08:49:37 1994"), example + std::chrono::days(10));
}

TEST(ParseHttpDate, LeapDaysAndLeapSeconds) {
  EXPECT_EQ(parse_http_date("Tue, 29 Feb 2000 00:00:00 GMT"), HttpTime(seconds(951782400)));
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT"), HttpTime(seconds(1483228800)));
  EXPECT_FALSE(parse_http_date("Thu, 29 Feb 2001 00:00:00 GMT"));
  EXPECT_FALSE(parse_http_date("Thu, 29 Feb 1900 00:00:00 GMT"));
}

TEST(ParseHttpDate, DatesBeforeTheEpoch) {
  EXPECT_EQ(parse_http_date("Wed, 31 Dec 1969 23:59:59 GMT"), HttpTime(seconds(-1)));
}

/// `Sunday, 01-Jan-YY 00:00:00 GMT`, that many years from now.
std::string two_digit_year(int years_ahead, int* year) {
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  *year = static_cast<int>(std::chrono::year_month_day(today).year()) + years_ahead;
  char text[64];
  std::snprintf(text, sizeof text, "Sunday, 01-Jan-%02d 00:00:00 GMT", *year % 100);
  return text;
}

HttpTime new_year(int year) {
  return std::chrono::sys_days(std::chrono::year(year) / std::chrono::January / 1);
}

// RFC 9110 §5.6.7: more than 50 years in the future means the past.
TEST(ParseHttpDate, ATwoDigitYearFarAheadIsInThePast) {
  int year = 0;
  const std::string far = two_digit_year(52, &year);
  EXPECT_EQ(parse_http_date(far), new_year(year - 100)) << far;
  const std::string last = two_digit_year(-1, &year);
  EXPECT_EQ(parse_http_date(last), new_year(year)) << last;
}

TEST(ParseHttpDate, WhatIsNoDateIsRefused) {
  for (const char* text : {"",
                           "yesterday",
                           "0",
                           "784111777",
                           "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 UTC",
                           "Sun, 06 Nov 1994 08:49:37 +0000",
                           "Sun, 06 Nov 1994 08:49:37 GMT ",
                           " Sun, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 6 Nov 1994 08:49:37 GMT",
                           "Sun, 00 Nov 1994 08:49:37 GMT",
                           "Sun, 31 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Foo 1994 08:49:37 GMT",
                           "Foo, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Nov 1994 08:60:00 GMT",
                           "Sun, 06 Nov 1994 08:49:61 GMT",
                           "Sun, 06 Nov 1994 -8:49:37 GMT",
                           "Sun, 06 Nov 94 08:49:37 GMT",
                           "Sun, 06 Nov 19940 08:49:37 GMT",
                           "Sunday, 06-Nov-1994 08:49:37 GMT",
                           "Sun, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov 6 08:49:37 1994",
                           "Sun Nov  6 08:49:37 1994 GMT",
                           "Sun, 06 Nov 1994 08:49:nan GMT"}) {
    EXPECT_FALSE(parse_http_date(text)) << '"' << text << '"';
  }
}

TEST(ParseHttpDate, WhatFourDigitsCannotWriteIsRefused) {
  EXPECT_TRUE(parse_http_date("Fri, 31 Dec 9999 23:59:59 GMT"));
  EXPECT_FALSE(parse_http_date("Fri, 31 Dec 9999 23:59:60 GMT"));
}

TEST(FormatHttpDate, WritesAnImfFixdate) {
  EXPECT_EQ(format_http_date(example), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_http_date(HttpTime(seconds(0))), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_http_date(HttpTime(seconds(946'684'800))), "Sat, 01 Jan 2000 00:00:00 GMT");
  EXPECT_EQ(format_http_date(HttpTime(seconds(-1))), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(format_http_date(HttpTime::max()), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(format_http_date(HttpTime::min()), "Sat, 01 Jan 0000 00:00:00 GMT");
}

TEST(FormatHttpDate, IsReadBackForEveryDayOfALeapCycle) {
  for (auto time = example; time < example + std::chrono::days(1461);
       time += std::chrono::days(1)) {
    ASSERT_EQ(parse_http_date(format_http_date(time)), time) << format_http_date(time);
  }
}

// RFC 9110 §8.8.3
TEST(ParseEntityTag, ReadsStrongAndWeakTags) {
  EXPECT_EQ(parse_entity_tag("\"xyzzy\""), (EntityTag{"\"xyzzy\"", false}));
  EXPECT_EQ(parse_entity_tag("W/\"xyzzy\""), (EntityTag{"\"xyzzy\"", true}));
  EXPECT_EQ(parse_entity_tag("\"\""), (EntityTag{"\"\"", false}));
  EXPECT_EQ(parse_entity_tag("\"a,b\\!\xFF\""), (EntityTag{"\"a,b\\!\xFF\"", false}));
}

TEST(ParseEntityTag, WhatIsNotExactlyOneTagIsRefused) {
  for (const char* text :
       {"",       "xyzzy",    "\"",           "\"abc",   "abc\"",    "w/\"abc\"", "W/abc",
        "W/",     "W\"abc\"", "W/ \"abc\"",   "\"a b\"", "\"a\"b\"", "\"a\tb\"",  "\"a\x7F\"",
        " \"a\"", "\"a\" ",   "\"a\", \"b\"", "*",       "'a'",      "\"a\r\nb\""}) {
    EXPECT_FALSE(parse_entity_tag(text)) << text;
  }
}

struct Comparison {
  EntityTag a;
  EntityTag b;
  bool strong;
  bool weak;
};

// The table of RFC 9110 §8.8.3.2.
TEST(EntityTags, AreComparedAsTheTableOfTheRfcSays) {
  const std::vector<Comparison> rows{
      {{"\"1\"", true}, {"\"1\"", true}, false, true},
      {{"\"1\"", true}, {"\"2\"", true}, false, false},
      {{"\"1\"", true}, {"\"1\"", false}, false, true},
      {{"\"1\"", false}, {"\"1\"", false}, true, true},
      {{"\"a\"", false}, {"\"A\"", false}, false, false},
  };
  for (const Comparison& row : rows) {
    EXPECT_EQ(strong_match(row.a, row.b), row.strong) << row.a.opaque << row.b.opaque;
    EXPECT_EQ(strong_match(row.b, row.a), row.strong) << row.b.opaque << row.a.opaque;
    EXPECT_EQ(weak_match(row.a, row.b), row.weak) << row.a.opaque << row.b.opaque;
    EXPECT_EQ(weak_match(row.b, row.a), row.weak) << row.b.opaque << row.a.opaque;
  }
}

void expect_tags(const std::string& field, const std::vector<EntityTag>& expected) {
  const EntityTagList list = parse_entity_tag_list(field);
  EXPECT_FALSE(list.any) << field;
  EXPECT_EQ(list.tags, expected) << field;
}

// RFC 9110 §13.1.1, §13.1.2
TEST(ParseEntityTagList, AStarIsAny) {
  for (const char* field : {"*", " * "}) {
    EXPECT_TRUE(parse_entity_tag_list(field).any) << field;
    EXPECT_TRUE(parse_entity_tag_list(field).tags.empty()) << field;
  }
}

TEST(ParseEntityTagList, AStarAmongOthersIsNoStar) {
  expect_tags("*, \"a\"", {{"\"a\"", false}});
  expect_tags("\"*\"", {{"\"*\"", false}});
  expect_tags("**", {});
}

TEST(ParseEntityTagList, ReadsTagsWithBlanksAndEmptyElements) {
  expect_tags("\"a\"", {{"\"a\"", false}});
  expect_tags("\"a\",W/\"b\" ,\t\"c\"", {{"\"a\"", false}, {"\"b\"", true}, {"\"c\"", false}});
  expect_tags(", ,\"a\",, ,\"b\",", {{"\"a\"", false}, {"\"b\"", false}});
}

TEST(ParseEntityTagList, ACommaMayStandInATag) {
  expect_tags("\"a,b\", \"c\"", {{"\"a,b\"", false}, {"\"c\"", false}});
}

TEST(ParseEntityTagList, MembersThatAreNoTagsAreSkipped) {
  expect_tags("", {});
  expect_tags("abc", {});
  expect_tags("abc, \"a\", w/\"b\", \"c", {{"\"a\"", false}});
  expect_tags("\"a\"x, \"b\"", {{"\"b\"", false}});
  expect_tags("\"a\" \"b\", \"c\"", {{"\"c\"", false}});
}

TEST(Validators, OnlyAStrongTagIsAStrongTag) {
  EXPECT_FALSE(Validators{}.has_strong_etag());
  EXPECT_FALSE((Validators{EntityTag{"\"a\"", true}, {}, false}.has_strong_etag()));
  EXPECT_TRUE((Validators{EntityTag{"\"a\"", false}, {}, false}.has_strong_etag()));
}

// RFC 9110 §8.8.2.2: Date at least one second later.
TEST(LastModified, IsStrongWhenTheDateIsASecondLater) {
  EXPECT_TRUE(is_strong_last_modified(example, example + seconds(1)));
  EXPECT_TRUE(is_strong_last_modified(example, example + std::chrono::years(1)));
  EXPECT_FALSE(is_strong_last_modified(example, example));
  EXPECT_FALSE(is_strong_last_modified(example, example - seconds(1)));
}

TEST(LastModified, IsWeakWithoutADate) {
  EXPECT_FALSE(is_strong_last_modified(example, std::nullopt));
  EXPECT_FALSE(is_strong_last_modified(std::nullopt, example));
  EXPECT_FALSE(is_strong_last_modified(std::nullopt, std::nullopt));
}

}  // namespace
}  // namespace tonearm::http
