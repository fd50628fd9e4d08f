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
      {"https://h/", ""},
  };
  for (const auto& row : rows) EXPECT_EQ(title_from_url(row.url), row.title) << row.url;
}

TEST(TitleFromName, DecodesNothing) { EXPECT_EQ(title_from_name("s3://b/Y%20Z.ogg"), "Y%20Z"); }

}  // namespace
}  // namespace tonearm::app
