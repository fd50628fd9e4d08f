#include "tonearm/base/locator.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace tonearm {

void PrintTo(const Locator& locator, std::ostream* out) {
  *out << static_cast<int>(locator.kind) << " [" << locator.value << "] " << locator.resolver;
}

namespace {

using Kind = Locator::Kind;

bool only_yt(std::string_view name) { return name == "yt"; }
bool none(std::string_view) { return false; }

struct Row {
  std::string file;
  Locator expected;
};

TEST(ParseLocator, TellsTheKindsApart) {
  const std::vector<Row> rows{
      {"songs/a b.mp3", {Kind::plain, "songs/a b.mp3", {}}},
      {"/songs/a.mp3", {Kind::plain, "/songs/a.mp3", {}}},
      {"50% of #1?.mp3", {Kind::plain, "50% of #1?.mp3", {}}},
      {"http://h/a%20b.mp3", {Kind::url, "http://h/a%20b.mp3", {}}},
      {"https://h/a.mp3?x=1", {Kind::url, "https://h/a.mp3?x=1", {}}},
      {"s3://bucket/a key.mp3", {Kind::s3, "bucket/a key.mp3", {}}},
      {"file:a/b.wav", {Kind::file, "a/b.wav", {}}},
      {"yt:dQw4w9WgXcQ", {Kind::resolver, "dQw4w9WgXcQ", "yt"}},
      {"yt:https://h/watch?v=1", {Kind::resolver, "https://h/watch?v=1", "yt"}},
      {"yt://x", {Kind::resolver, "//x", "yt"}},
  };
  for (const Row& row : rows) {
    const auto locator = parse_locator(row.file, only_yt);
    ASSERT_TRUE(locator) << row.file << ": " << locator.error().detail;
    EXPECT_EQ(*locator, row.expected) << row.file;
  }
}

TEST(ParseLocator, TakesAColonThatBelongsToNoSchemeForPartOfAName) {
  for (const std::string file :
       {"AC: DC.mp3", "AC:DC.mp3", ":leading.mp3", "live 12:30.mp3", "a b://c", "über:x.mp3",
        "dir/name://x.mp3", "http:no-authority.mp3", "s3:bucket", ":"}) {
    const auto locator = parse_locator(file, none);
    ASSERT_TRUE(locator) << file << ": " << locator.error().detail;
    EXPECT_EQ(*locator, (Locator{Kind::plain, file, {}})) << file;
  }
}

TEST(ParseLocator, ComparesSchemesWithoutRegardToCase) {
  EXPECT_EQ(*parse_locator("HTTP://h/A", none), (Locator{Kind::url, "HTTP://h/A", {}}));
  EXPECT_EQ(*parse_locator("S3://B/K", none), (Locator{Kind::s3, "B/K", {}}));
  EXPECT_EQ(*parse_locator("File:A", none), (Locator{Kind::file, "A", {}}));
  EXPECT_EQ(*parse_locator("YT:A", only_yt), (Locator{Kind::resolver, "A", "yt"}));
}

TEST(ParseLocator, LetsNoResolverTakeASchemeThatIsBuiltIn) {
  const auto all = [](std::string_view) { return true; };
  EXPECT_EQ(parse_locator("http://h/a", all)->kind, Kind::url);
  EXPECT_EQ(parse_locator("s3://b/k", all)->kind, Kind::s3);
  EXPECT_EQ(parse_locator("file:a", all)->kind, Kind::file);
}

TEST(ParseLocator, RefusesAnUnknownSchemeAndSaysWhichAreKnown) {
  const auto locator = parse_locator("Ftp://h/a.mp3", only_yt);
  ASSERT_FALSE(locator);
  EXPECT_EQ(locator.error().kind, ErrorKind::bad_locator);
  EXPECT_NE(locator.error().detail.find("\"ftp://\""), std::string::npos);
  EXPECT_NE(locator.error().detail.find("known are http, https, s3, file:"), std::string::npos);
}

TEST(ParseLocator, RefusesAnEmptyValue) {
  const auto locator = parse_locator("", none);
  ASSERT_FALSE(locator);
  EXPECT_EQ(locator.error().kind, ErrorKind::bad_locator);
}

TEST(LocatorKind, HasTheNameThatTheLogUses) {
  EXPECT_EQ(to_string(Kind::plain), "http");
  EXPECT_EQ(to_string(Kind::url), "http");
  for (std::size_t i = 0; i < Locator::kinds; ++i) {
    EXPECT_NE(to_string(static_cast<Kind>(i)), "") << i;
  }
}

}  // namespace
}  // namespace tonearm
