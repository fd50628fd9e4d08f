#include "source/link_lifetime.h"

#include <gtest/gtest.h>

#include <string>

namespace tonearm::source {
namespace {

using namespace std::chrono_literals;

/// Seconds; 0 for none.
std::int64_t expiry(const std::string& query) {
  const auto at = link_expiry("https://cdn.example/song?" + query);
  return at ? std::chrono::floor<std::chrono::seconds>(*at).time_since_epoch().count() : 0;
}

TEST(LinkExpiry, IsWhatExpireAndExpiresSay) {
  EXPECT_EQ(expiry("expire=1800000000&ip=0.0.0.0"), 1'800'000'000);
  EXPECT_EQ(expiry("a=b&Expires=1800000000&Signature=x"), 1'800'000'000);
  EXPECT_EQ(expiry("%65xpire=1800000000"), 1'800'000'000);
  EXPECT_EQ(expiry("expires=1800000000500"), 1'800'000'000) << "milliseconds";
}

TEST(LinkExpiry, IsDateAndLifetimeOfSignatureVersion4) {
  EXPECT_EQ(expiry("X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"), 1'369'440'000);
  EXPECT_EQ(expiry("X-Amz-Expires=3600&X-Amz-Date=20260229T000000Z"), 0) << "no such day";
  EXPECT_EQ(expiry("X-Amz-Expires=3600"), 0);
  EXPECT_EQ(expiry("X-Amz-Date=20130524T000000Z"), 0);
}

TEST(LinkExpiry, TheEarliestCounts) {
  EXPECT_EQ(expiry("expire=1800000100&expires=1800000000&Expires=1800000200"), 1'800'000'000);
}

TEST(LinkExpiry, WhatIsNoTimeSaysNothing) {
  for (const char* query :
       {"", "expire=", "expire=soon", "expire=3600", "expire=-1", "expire=99999999999999999999999",
        "expire=1800000000x", "expire", "expired=1800000000", "X-Amz-Date=20130524&X-Amz-Expires=1",
        "X-Amz-Date=20130524T250000Z&X-Amz-Expires=1",
        "X-Amz-Date=20130524T000000Z&X-Amz-Expires=-5"}) {
    EXPECT_EQ(expiry(query), 0) << query;
  }
  EXPECT_FALSE(link_expiry("not a url?expire=1800000000"));
  EXPECT_FALSE(link_expiry(""));
}

const UnixTime now{1'800'000'000s};

TEST(LinkExpiry, AFragmentIsNoPartOfTheQuery) {
  EXPECT_EQ(expiry("expire=1800000000#expire=1700000000"), 1'800'000'000);
  EXPECT_EQ(expiry("#expire=1700000000"), 0) << "which Boost.URL 1.81 reads past the end of";
}

TEST(LinkLifetime, IsTheTtlOfALinkThatSaysNothing) {
  const LinkLifetime lifetime = link_lifetime("https://cdn.example/song", now, 1h);
  EXPECT_EQ(lifetime.keep, 1h);
  EXPECT_EQ(lifetime.renew, 55min);
  EXPECT_FALSE(lifetime.stated);
}

TEST(LinkLifetime, EndsALittleBeforeTheLinksOwnEnd) {
  const auto lifetime = [](const char* query) {
    return link_lifetime(std::string("https://cdn.example/song?expire=") + query, now, 1h);
  };
  EXPECT_EQ(lifetime("1800000600").keep, 570s);
  EXPECT_EQ(lifetime("1800000600").renew, 456s);
  EXPECT_EQ(lifetime("1800000010").keep, 9s) << "a short life has a short margin";
  EXPECT_EQ(lifetime("1800007200").keep, 7170s) << "however short the ttl";
  EXPECT_EQ(lifetime("1800007200").stated, 7170s);
}

TEST(LinkLifetime, IsOverForALinkThatHasEnded) {
  const LinkLifetime lifetime =
      link_lifetime("https://cdn.example/song?expire=1799999999", now, 1h);
  EXPECT_EQ(lifetime.keep, 0s);
  EXPECT_EQ(lifetime.renew, 0s);
  EXPECT_FALSE(lifetime.stated) << "who plays by it goes on until it is refused";
}

TEST(LinkLifetime, NoTtlKeepsNothing) {
  EXPECT_EQ(link_lifetime("https://cdn.example/song", now, 0s).keep, 0s);
  EXPECT_EQ(link_lifetime("https://cdn.example/song?expire=1800007200", now, 0s).keep, 0s);
}

TEST(LinkLifetime, AYearIsTheLongest) {
  const auto lifetime = link_lifetime("https://cdn.example/song?expire=99999999999", now, 1h);
  EXPECT_EQ(lifetime.keep, std::chrono::days(365) - 30s);
  EXPECT_EQ(lifetime.stated, lifetime.keep);
}

}  // namespace
}  // namespace tonearm::source
