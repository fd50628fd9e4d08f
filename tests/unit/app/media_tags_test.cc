#include "app/media_tags.h"

#include <gtest/gtest.h>

namespace tonearm::app {
namespace {

TEST(TitleFromUrl, IsDecodedWhereThatGivesALineOfText) {
  const struct {
    std::string_view url;
    std::string_view title;
  } rows[] = {
      {"https://h/Y%20Z.ogg", "Y Z"},
      {"https://h/a%20b/Bj%C3%B6rk.mp3?t=1.5#x/y", "Björk"},
      {"https://h/AC%2FDC.mp3", "AC/DC"},
      {"https://h/100%25.mp3", "100%"},
      {"https://h/a+b.mp3", "a+b"},
      {"https://h/100%.mp3", "100%"},
      {"https://h/Bj%F6rk.mp3", "Bj%F6rk"},
      {"https://h/a%0Ab%20c.mp3", "a%0Ab%20c"},
      {"https://h/a%00.mp3", "a%00"},
      {"https://h/a%C2%85.mp3", "a%C2%85"},
      {"https://h/a%E2%80%A8.mp3", "a%E2%80%A8"},
      {"https://h/%20.mp3", "%20"},
      {"https://h/dir/", "dir"},
      {"https://h/a//b.mp3//", "b"},
  };
  for (const auto& row : rows) EXPECT_EQ(title_from_url(row.url), row.title) << row.url;
}

TEST(TitleFromUrl, ShowsNeitherHostNorQuery) {
  for (const std::string_view url :
       {"https://h", "https://h/", "https://h?tok=geheim", "https://u:geheim@h", "https://h//",
        "https://h#x/y", "https://h/a/..", "https://h/a/%2e%2e/", "https://h/.",
        "https://h/p/https%3A%2F%2Fu%3Ageheim%40i%3Ftok%3Dgeheim"}) {
    EXPECT_EQ(title_from_url(url), "") << url;
  }
  EXPECT_EQ(title_from_url("http://h/dir/?id=5&tok=geheim"), "dir");
  EXPECT_EQ(title_from_url("http://h/p/https%3A%2F%2Fi%2FSo%2520What.mp3%3Ftok=geheim"), "So What");
}

TEST(TitleFromLocator, AResolversIsWhatStandsBehindASlash) {
  const struct {
    std::string_view locator;
    std::string_view title;
  } rows[] = {
      {"yt:https://www.youtube.com/watch?v=dQw&key=geheim", "watch"},
      {"yt:abc", ""},
      {"yt:abc?u=https://h/x", ""},
      {"yt:u:geheim@h/?x", ""},
      {"lib:Albums/So%20What.flac", "So What"},
      {"lib:/Albums//So What.flac", "So What"},
      {"http://h/So%20What.flac", "So What"},
  };
  for (const auto& row : rows) EXPECT_EQ(title_from_locator(row.locator), row.title) << row.locator;
}

TEST(TitleFromLocator, AKeyIsAPlainName) {
  EXPECT_EQ(title_from_locator("s3://b/d/Y%20Z?.ogg"), "Y%20Z?");
  EXPECT_EQ(title_from_locator("S3://b/d/"), "d");
  EXPECT_EQ(title_from_locator("s3://bucket"), "");
}

TEST(TitleFromName, DecodesNothing) { EXPECT_EQ(title_from_name("s3://b/Y%20Z.ogg"), "Y%20Z"); }

}  // namespace
}  // namespace tonearm::app
