#include "source/parsed_urls.h"

#include <gtest/gtest.h>

namespace tonearm::source {
namespace {

std::string part(const ParsedUrl& url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, 0) != CURLUE_OK) return "(none)";
  const std::string out = text;
  curl_free(text);
  return out;
}

TEST(ParsedUrls, TakesApartWhatIsAsked) {
  ParsedUrls urls;
  const ParsedUrl url = urls.parse("http://u:p@origin:8000/a%20b/../c?d=%2F");
  ASSERT_TRUE(url);
  EXPECT_EQ(part(url, CURLUPART_HOST), "origin");
  EXPECT_EQ(part(url, CURLUPART_PORT), "8000");
  EXPECT_EQ(part(url, CURLUPART_USER), "u");
  EXPECT_EQ(part(url, CURLUPART_PATH), "/a%20b/../c");
  EXPECT_EQ(part(url, CURLUPART_QUERY), "d=%2F");
}

TEST(ParsedUrls, ParsesOnce) {
  ParsedUrls urls;
  const ParsedUrl first = urls.parse("http://origin/a");
  EXPECT_EQ(urls.parse("http://origin/a"), first);
  EXPECT_NE(urls.parse("http://origin/A"), first);
}

TEST(ParsedUrls, WhatLibcurlRefusesIsLeftToIt) {
  ParsedUrls urls;
  EXPECT_FALSE(urls.parse("http://origin:123456/"));
  EXPECT_FALSE(urls.parse("gopher+tls://origin/"));
}

// A transfer that has not begun yet still has it.
TEST(ParsedUrls, AnotherOneThatNeedsRoomTakesItFromNobody) {
  ParsedUrls urls;
  const ParsedUrl first = urls.parse("http://origin/first");
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(urls.parse("http://origin/" + std::to_string(i)));
  EXPECT_EQ(part(first, CURLUPART_PATH), "/first");
}

}  // namespace
}  // namespace tonearm::source
