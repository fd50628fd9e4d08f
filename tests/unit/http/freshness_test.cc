#include "tonearm/http/freshness.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tonearm::http {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Lines = std::vector<std::pair<std::string, std::string>>;

const HttpTime now = *parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
constexpr seconds most = hours(1);

CacheFields fields_of(const Lines& lines) {
  CacheFields fields;
  for (const auto& [name, value] : lines) read_cache_field(fields, name, value);
  fields.received = now;
  return fields;
}

TEST(Storability, OfRfc9111Section3) {
  struct Row {
    Lines lines;
    bool storable;
  };
  const std::vector<Row> rows{
      {{}, true},
      {{{"Cache-Control", "no-store"}}, false},
      {{{"cache-control", "max-age=60, NO-STORE"}}, false},
      {{{"Cache-Control", "private"}}, false},
      {{{"Cache-Control", "private=\"x\""}}, false},
      {{{"Cache-Control", "max-age=1"}, {"Cache-Control", "private"}}, false},
      {{{"Cache-Control", "ext=\"no-store, private\""}}, true},
      {{{"Cache-Control", "no-cache"}}, true},
      {{{"Cache-Control", "no-storeys"}}, true},
      {{{"Set-Cookie", "a=b"}}, false},
      {{{"Vary", "*"}}, false},
      {{{"Vary", "Origin, *"}}, false},
      {{{"Vary", "Accept-Encoding"}}, true},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(is_storable(fields_of(row.lines)), row.storable)
        << (row.lines.empty() ? "nothing" : row.lines[0].second);
  }
}

TEST(FreshnessLifetime, OfRfc9111Section4_2_1) {
  struct Row {
    Lines lines;
    seconds lifetime;
  };
  const std::vector<Row> rows{
      {{{"Cache-Control", "max-age=60"}}, seconds(60)},
      {{{"Cache-Control", "max-age=60, s-maxage=10"}}, seconds(10)},
      {{{"Cache-Control", "max-age=\"60\""}}, seconds(60)},
      {{{"Cache-Control", "max-age=60, max-age=5"}}, seconds(5)},
      {{{"Cache-Control", "max-age=soon"}}, seconds(0)},
      {{{"Cache-Control", "max-age=99999999999999999999999"}}, seconds(std::int64_t{1} << 31)},
      {{{"Cache-Control", "max-age=60"}, {"Expires", "Sun, 06 Nov 1994 09:49:37 GMT"}},
       seconds(60)},
      {{{"Date", "Sun, 06 Nov 1994 08:49:30 GMT"}, {"Expires", "Sun, 06 Nov 1994 08:49:40 GMT"}},
       seconds(10)},
      {{{"Expires", "0"}}, seconds(0)},
      {{{"Expires", "Sun, 06 Nov 1994 08:00:00 GMT"}}, seconds(0)},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(freshness_lifetime(fields_of(row.lines), std::nullopt, most), row.lifetime)
        << row.lines[0].second;
  }
}

/// RFC 9111 §4.3.4.
TEST(UpdateByA304, WhatItSaysReplacesWhatItDoesNotStays) {
  const CacheFields kept = fields_of({{"Cache-Control", "max-age=60, must-revalidate"},
                                      {"Date", "Sun, 06 Nov 1994 08:00:00 GMT"}});
  const CacheFields silent =
      update_cache_fields(kept, fields_of({{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}}));
  EXPECT_EQ(silent.max_age, seconds(60));
  EXPECT_TRUE(silent.must_revalidate);
  EXPECT_EQ(silent.date, now);

  const CacheFields said = update_cache_fields(kept, fields_of({{"Cache-Control", "max-age=5"}}));
  EXPECT_EQ(said.max_age, seconds(5));
  EXPECT_FALSE(said.must_revalidate) << "a new Cache-Control replaces the old one as a whole";
}

/// RFC 9111 §3.2: they are two fields, and neither replaces the other.
TEST(UpdateByA304, AnExpiresDoesNotReplaceACacheControl) {
  constexpr auto expires = "Sun, 06 Nov 1994 10:00:00 GMT";
  const CacheFields kept = fields_of({{"Cache-Control", "no-cache, max-age=60"}});
  const CacheFields updated = update_cache_fields(kept, fields_of({{"Expires", expires}}));
  EXPECT_TRUE(updated.no_cache);
  EXPECT_EQ(updated.max_age, seconds(60));
  EXPECT_EQ(updated.expires, parse_http_date(expires));
}

TEST(UpdateByA304, ACacheControlThatSaysNothingOfTimeTakesBackWhatTheOldOneSaid) {
  const CacheFields kept = fields_of({{"Cache-Control", "no-cache"}});
  EXPECT_FALSE(update_cache_fields(kept, fields_of({{"Cache-Control", "public"}})).no_cache);
}

TEST(UpdateByA304, AnExpiresThatItDoesNotRepeatMovesAlongWithTheDate) {
  const CacheFields kept = fields_of(
      {{"Expires", "Sun, 06 Nov 1994 09:00:00 GMT"}, {"Date", "Sun, 06 Nov 1994 08:00:00 GMT"}});
  const CacheFields dated =
      update_cache_fields(kept, fields_of({{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}}));
  EXPECT_EQ(dated.expires, now + hours(1));
  CacheFields undated;
  undated.received = now + hours(5);
  EXPECT_EQ(update_cache_fields(kept, undated).expires, now + hours(6));
}

/// RFC 9110 §6.6.1.
TEST(UpdateByA304, WithoutADateTheTimeOfReceiptIsTheDate) {
  const CacheFields kept = fields_of({{"Expires", "Sun, 06 Nov 1994 09:49:37 GMT"}});
  CacheFields undated;
  undated.received = now + hours(5);
  EXPECT_EQ(update_cache_fields(kept, undated).expires, now + hours(6));
}

TEST(FreshnessLifetime, WithoutADateExpiresCountsFromTheTimeOfReceipt) {
  const CacheFields undated =
      fields_of({{"Date", "yesterday"}, {"Expires", "Sun, 06 Nov 1994 08:49:47 GMT"}});
  EXPECT_EQ(freshness_lifetime(undated, std::nullopt, most), seconds(10));
}

TEST(FreshnessLifetime, IsNotGuessedOfWhatMustBeRevalidated) {
  for (const char* directive : {"must-revalidate", "Proxy-Revalidate"}) {
    const CacheFields strict = fields_of({{"Cache-Control", directive}});
    EXPECT_EQ(freshness_lifetime(strict, now - hours(5), most), seconds(0)) << directive;
    EXPECT_FALSE(is_fresh(strict, now - hours(5), most, now)) << directive;
    EXPECT_FALSE(is_fresh(strict, std::nullopt, most, now)) << directive;
  }
  const CacheFields until = fields_of(
      {{"Cache-Control", "must-revalidate"}, {"Expires", "Sun, 06 Nov 1994 08:49:47 GMT"}});
  EXPECT_TRUE(is_fresh(until, std::nullopt, most, now + seconds(9)));
  EXPECT_FALSE(is_fresh(until, std::nullopt, most, now + seconds(10)));
}

TEST(FreshnessLifetime, IsGuessedFromLastModified) {
  const CacheFields silent = fields_of({});
  EXPECT_EQ(freshness_lifetime(silent, now - hours(5), most), seconds(1800));
  EXPECT_EQ(freshness_lifetime(silent, now - hours(500), most), hours(1));
  EXPECT_EQ(freshness_lifetime(silent, std::nullopt, most), seconds(300));
  EXPECT_EQ(freshness_lifetime(silent, std::nullopt, seconds(7)), seconds(7));
  EXPECT_EQ(freshness_lifetime(silent, now + hours(1), most), seconds(300));
}

TEST(CurrentAge, OfRfc9111Section4_2_3) {
  EXPECT_EQ(current_age(fields_of({}), now), seconds(0));
  EXPECT_EQ(current_age(fields_of({}), now + seconds(5)), seconds(5));
  EXPECT_EQ(current_age(fields_of({{"Age", "10"}}), now + seconds(5)), seconds(15));
  EXPECT_EQ(current_age(fields_of({{"Age", "95, 3"}}), now), seconds(95)) << "§5.1";
  EXPECT_EQ(current_age(fields_of({{"Date", "Sun, 06 Nov 1994 08:49:17 GMT"}, {"Age", "10"}}), now),
            seconds(20));
  EXPECT_EQ(current_age(fields_of({{"Date", "Sun, 06 Nov 1994 09:49:17 GMT"}}), now), seconds(0));
}

TEST(Freshness, NoCacheIsNeverFreshAndMustRevalidateNeverServedStale) {
  const auto at = now + seconds(61);
  const CacheFields plain = fields_of({{"Cache-Control", "max-age=60"}});
  EXPECT_TRUE(is_fresh(plain, {}, most, now + seconds(59)));
  EXPECT_FALSE(is_fresh(plain, {}, most, now + seconds(60)));
  EXPECT_TRUE(is_usable_on_error(plain, {}, most, seconds(2), at));
  EXPECT_FALSE(is_usable_on_error(plain, {}, most, seconds(1), at));
  const CacheFields strict = fields_of({{"Cache-Control", "max-age=60, must-revalidate"}});
  EXPECT_TRUE(is_fresh(strict, {}, most, now));
  EXPECT_FALSE(is_usable_on_error(strict, {}, most, hours(24), at));
  const CacheFields shared = fields_of({{"Cache-Control", "s-maxage=60"}});
  EXPECT_FALSE(is_usable_on_error(shared, {}, most, hours(24), at));
  const CacheFields asking = fields_of({{"Cache-Control", "no-cache, max-age=60"}});
  EXPECT_FALSE(is_fresh(asking, {}, most, now));
  EXPECT_FALSE(is_usable_on_error(asking, {}, most, hours(24), now));
}

/// RFC 5861 §4.
TEST(Staleness, OnAnErrorIsBoundByTheOriginToo) {
  const auto usable = [](const char* directives, seconds stale_for, seconds after) {
    return is_usable_on_error(fields_of({{"Cache-Control", directives}}), {}, most, stale_for,
                              now + after);
  };
  EXPECT_TRUE(usable("max-age=60, stale-if-error=0", hours(24), seconds(59)));
  EXPECT_FALSE(usable("max-age=60, stale-if-error=0", hours(24), seconds(60)));
  EXPECT_TRUE(usable("max-age=60, stale-if-error=\"10\"", hours(24), seconds(69)));
  EXPECT_FALSE(usable("max-age=60, stale-if-error=10", hours(24), seconds(70)));
  EXPECT_FALSE(usable("max-age=60, stale-if-error=9, stale-if-error=10", hours(24), seconds(69)));
  EXPECT_FALSE(usable("max-age=60, stale-if-error=soon", hours(24), seconds(60)));
  EXPECT_TRUE(usable("max-age=60, stale-if-error=100", seconds(2), seconds(61)));
  EXPECT_FALSE(usable("max-age=60, stale-if-error=100", seconds(2), seconds(62)));
  EXPECT_FALSE(usable("max-age=60, must-revalidate, stale-if-error=9", hours(24), seconds(60)));
}

TEST(Staleness, TheOriginsBoundStaysWithItsCacheControl) {
  const CacheFields kept = fields_of({{"Cache-Control", "max-age=60, stale-if-error=0"}});
  const auto usable_after = [&](const CacheFields& from_304) {
    return is_usable_on_error(update_cache_fields(kept, from_304), {}, most, hours(24),
                              now + seconds(61));
  };
  EXPECT_FALSE(usable_after(fields_of({})));
  EXPECT_TRUE(usable_after(fields_of({{"Cache-Control", "max-age=60"}})));
}

TEST(Freshness, AClockThatWasSetBackMakesNothingFresh) {
  EXPECT_FALSE(is_fresh(fields_of({}), {}, most, now - seconds(1)));
}

}  // namespace
}  // namespace tonearm::http
