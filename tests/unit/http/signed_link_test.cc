#include "tonearm/http/signed_link.h"

#include <gtest/gtest.h>

#include <string>

namespace tonearm::http {
namespace {

Result<LinkParameters> read(const std::string& query, Target& target) {
  target = parse_target("/songs/listen/1" + query).value();
  return read_link_parameters(target);
}

TEST(LinkText, IsPathTimeAndAddressInLines) {
  EXPECT_EQ(link_text("/songs/listen/1", "2000000000", ""), "/songs/listen/1\n2000000000\n");
  EXPECT_EQ(link_text("/a b", "1", "2001:db8::1"), "/a b\n1\n2001:db8::1");
}

TEST(LinkParameters, AreReadInAnyOrderAmongOthers) {
  Target target;
  const auto link = read("?sig=S&x=1&bind=ip&exp=2000000000&x=2", target);
  ASSERT_TRUE(link);
  EXPECT_EQ(link->unix_time, "2000000000");
  EXPECT_EQ(link->expires.time_since_epoch().count(), 2'000'000'000);
  EXPECT_TRUE(link->bound_to_address);
  EXPECT_EQ(link->signature, "S");
}

TEST(LinkParameters, WhatCannotBeValidIsForbiddenAndSaysWhy) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "missing"},
      {"?exp=2000000000", "missing"},
      {"?sig=S", "missing"},
      {"?exp=&sig=S", "missing"},
      {"?exp=2000000000&sig=", "missing"},
      {"?exp=1&exp=2&sig=S", "twice"},
      {"?exp=1&sig=S&sig=S", "twice"},
      {"?exp=1&sig=S&bind=ip&bind=ip", "twice"},
      {"?exp=1&sig=S&bind=", "altered"},
      {"?exp=1&sig=S&bind=host", "altered"},
      {"?exp=-1&sig=S", "altered"},
      {"?exp=1.5&sig=S", "altered"},
      {"?exp=+1&sig=S", "altered"},
      {"?exp=1000000000000&sig=S", "altered"},
      {"?exp=18446744073709551617&sig=S", "altered"},
  };
  for (const auto& [query, why] : rows) {
    Target target;
    const auto link = read(query, target);
    ASSERT_FALSE(link) << query;
    EXPECT_EQ(link.error().kind, ErrorKind::forbidden) << query;
    EXPECT_NE(link.error().detail.find(why), std::string::npos) << query;
  }
}

}  // namespace
}  // namespace tonearm::http
