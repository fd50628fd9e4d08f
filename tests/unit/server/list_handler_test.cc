#include "server_fixture.h"

#include <gmock/gmock.h>

namespace tonearm::server {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

/// A catalog of more songs than one page.
class LongPlaylist : public ServerTest {
 protected:
  static constexpr int count = 1201;

  LongPlaylist() {
    store.lists = true;
    for (int i = 0; i < count; ++i) store.add(std::to_string(10'000 + i));
  }
  static int songs_in(const std::string& text) {
    int songs = 0;
    for (auto at = text.find("/songs/listen/"); at != std::string::npos;
         at = text.find("/songs/listen/", at + 1)) {
      ++songs;
    }
    return songs;
  }
};

TEST_F(LongPlaylist, ComesWholeInChunks) {
  start();
  const std::string answer = ask("GET /songs.m3u HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(field_of(answer, "Transfer-Encoding"), "chunked");
  EXPECT_EQ(songs_in(answer), count + 1);
  EXPECT_THAT(answer, EndsWith("\r\n0\r\n\r\n"));
}

// Its end could not be told from a failure.
TEST_F(LongPlaylist, HasALengthForHttp10OverAUnixSocket) {
  start();
  Client client = connect_unix();
  client.send("GET /songs.m3u HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_EQ(field_of(client.received, "Content-Length"),
            std::to_string(body_of(client.received).size()));
  EXPECT_EQ(songs_in(client.received), count + 1);
}

}  // namespace
}  // namespace tonearm::server
