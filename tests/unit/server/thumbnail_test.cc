#include "server/thumbnail_handler.h"
#include "server_fixture.h"

#include <gmock/gmock.h>

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

class Thumbnail : public ServerTest {
 protected:
  Thumbnail() {
    store.lists = true;
    store.songs["1"]->thumbnail = "t/a.png";
    source.set_content("picture");
    source.script.what.content_type = "image/png";
  }
};

TEST_F(Thumbnail, IsLoggedLikeASong) {
  source.script.origin_bytes = 7;
  start();
  const std::string answer =
      ask("GET /songs/1/thumbnail HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(field_of(answer, "Content-Type"), "image/png");
  EXPECT_NE(field_of(answer, "Cache-Status"), "");
  EXPECT_EQ(field_of(answer, "Accept-Ranges"), "");
  EXPECT_EQ(body_of(answer), "picture");
  ASSERT_TRUE(logged("\"outcome\":\"done\""));
  EXPECT_THAT(log, testing::HasSubstr("\"source\":\"http\",\"origin_bytes\":7,\"cache\":\"miss\""));
}

TEST_F(Thumbnail, OfUnknownLengthToHttp10OverAUnixSocketIsRefused) {
  source.script.what.length.reset();
  source.script.what.seekable = false;
  start();
  Client client = connect_unix();
  client.send("GET /songs/1/thumbnail HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_THAT(client.received, testing::StartsWith("HTTP/1.1 505 "));
}

}  // namespace
}  // namespace tonearm::server
