#include "server/thumbnail_handler.h"

#include <gtest/gtest.h>

namespace tonearm::server {
namespace {

std::string located(std::string_view thumbnail, std::string_view song) {
  const auto locator = thumbnail_locator(thumbnail, song, [](std::string_view) { return false; });
  if (!locator) return "none";
  switch (locator->kind) {
    case Locator::Kind::plain:
      return "plain " + locator->value;
    case Locator::Kind::url:
      return "url " + locator->value;
    case Locator::Kind::s3:
      return "s3 " + locator->value;
    case Locator::Kind::file:
      return "file " + locator->value;
    case Locator::Kind::resolver:
      return "resolver";
  }
  return "?";
}

TEST(ThumbnailLocator, IsWhereTheSongIs) {
  EXPECT_EQ(located("t/a.jpg", "songs/a.mp3"), "plain t/a.jpg");
  EXPECT_EQ(located("t/a.jpg", "http://o/a.mp3"), "plain t/a.jpg");
  EXPECT_EQ(located("t/a.jpg", "s3://bucket/x/a.mp3"), "s3 bucket/t/a.jpg");
  EXPECT_EQ(located("t/a.jpg", "file:x/a.mp3"), "file t/a.jpg");
  EXPECT_EQ(located("t/a.jpg", "ftp://x"), "plain t/a.jpg");
  EXPECT_EQ(located("s3://other/a.jpg", "file:x/a.mp3"), "s3 other/a.jpg");
  EXPECT_EQ(located("file:a.jpg", "songs/a.mp3"), "file a.jpg");
  EXPECT_EQ(located("ftp://x", "songs/a.mp3"), "none");
}

}  // namespace
}  // namespace tonearm::server
