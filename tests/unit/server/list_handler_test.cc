#include "server_fixture.h"

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>

#include <future>
#include <limits>

namespace tonearm::server {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

/// A catalog of more songs than are made text of on a loop.
class LongPlaylist : public ServerTest {
 protected:
  explicit LongPlaylist(int songs = 1201) : count(songs) {
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

  const int count;
};

/// Of more songs than are read at once.
class LongList : public LongPlaylist {
 protected:
  LongList() : LongPlaylist(10'201) {}
};

TEST_F(LongList, ComesWholeInChunks) {
  start();
  const std::string answer = ask("GET /songs.m3u HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(field_of(answer, "Transfer-Encoding"), "chunked");
  EXPECT_EQ(songs_in(answer), count + 1);
  EXPECT_THAT(answer, EndsWith("\r\n0\r\n\r\n"));
}

// Its end could not be told from a failure.
TEST_F(LongList, HasALengthForHttp10OverAUnixSocket) {
  start();
  Client client = connect_unix();
  client.send("GET /songs.m3u HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(until([&] { return client.at_end(); }));
  EXPECT_EQ(field_of(client.received, "Content-Length"),
            std::to_string(body_of(client.received).size()));
  EXPECT_EQ(songs_in(client.received), count + 1);
}

/// A pool whose only thread is busy until it is told to end.
class BusyPool {
 public:
  explicit BusyPool(io::asio::io_context& loop) {
    auto work = [ends = ends_.get_future().share()] {
      ends.wait();
      return true;
    };
    io::asio::co_spawn(loop, pool.run(std::move(work)), [](std::exception_ptr, bool) {});
  }
  void end() { ends_.set_value(); }

  io::BlockingPool pool{1};

 private:
  std::promise<void> ends_;
};

TEST_F(LongPlaylist, BecomesTextWhileTheLoopServesOthers) {
  start();
  for (const std::string path : {"/playlists/1", "/playlists/1.m3u"}) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    const std::string on_the_loop = ask(request);
    EXPECT_EQ(songs_in(on_the_loop), count + 1);

    BusyPool busy(loop);
    shared.list_pool = &busy.pool;
    Client client = connect();
    client.send(request);
    EXPECT_EQ(status_of(get()), "HTTP/1.1 200");
    EXPECT_FALSE(client.got("HTTP/1.1")) << path;
    busy.end();
    ASSERT_TRUE(until([&] { return client.at_end(); }));
    EXPECT_EQ(body_of(client.received), body_of(on_the_loop));
    busy.pool.join();
    shared.list_pool = nullptr;
  }
}

TEST_F(LongPlaylist, IsRefusedWhereTooManyWait) {
  start();
  store.is_full = true;
  const std::string refused =
      ask("GET /playlists/1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_of(refused), "HTTP/1.1 503");
  EXPECT_EQ(field_of(refused, "Retry-After"), "2");
}

TEST_F(LongList, ThatHasBegunIsNotRefusedHalfWay) {
  start();
  store.full_after_a_page = true;
  const std::string answer = ask("GET /songs.m3u HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(songs_in(answer), count + 1);
  EXPECT_THAT(answer, EndsWith("\r\n0\r\n\r\n"));
}

class SongJson : public ServerTest {
 protected:
  SongJson() {
    store.lists = true;
    store.add("7", "songs/a.mp3");
    start();
  }
  catalog::Song& song() { return *store.songs["7"]; }
  std::string shown() {
    return body_of(ask("GET /songs/7 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  }
  std::string shown_duration(double seconds) {
    song().duration = seconds;
    const std::string body = shown();
    const auto start = body.find("\"duration\":") + 11;
    return body.substr(start, body.find(',', start) - start);
  }
};

TEST_F(SongJson, InM3uArtistAndNameShareOneShortLine) {
  song().artist = std::string(400, 'a');
  song().name = std::string(400, 'n');
  const std::string list =
      body_of(ask("GET /songs.m3u HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(list, HasSubstr(std::string(400, 'a') + " - " + std::string(97, 'n') + "…\n"));
}

TEST_F(SongJson, InM3uADurationIsInWholeSecondsAndNever0) {
  for (const auto& [seconds, expected] :
       {std::pair(183.6, "184"), {0.1, "1"}, {0.0, "-1"}, {1e300, "-1"}}) {
    song().duration = seconds;
    const std::string list =
        body_of(ask("GET /songs.m3u HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    EXPECT_THAT(list, HasSubstr(std::string("#EXTINF:") + expected + ",")) << seconds;
  }
}

TEST_F(SongJson, IsOneLineOfItsMembersInOrder) {
  song().name = "S\u00F8ng \u266B \U0001F3B5 /?&";
  song().duration = 183.24;
  EXPECT_EQ(shown(),
            "{\"id\":7,\"name\":\"S\u00F8ng \u266B \U0001F3B5 /?&\",\"artist\":\"\","
            "\"duration\":183.24,\"thumbnail\":null,\"content_type\":\"audio/mpeg\","
            "\"stream_url\":\"http://h/songs/listen/7\"}\n");
}

TEST_F(SongJson, MalformedUtf8IsReplaced) {
  song().name = "a\xFFz\xF0\x9F";
  EXPECT_THAT(shown(), HasSubstr("\"name\":\"a\uFFFDz\uFFFD\""));
}

TEST_F(SongJson, WhatWouldEndALineOrAStringIsEscaped) {
  song().name = "a\"b\\c\n\x01";
  EXPECT_THAT(shown(), HasSubstr(R"("name":"a\"b\\c\n\u0001")"));
}

TEST_F(SongJson, DurationIsAPlainDecimalOrNull) {
  EXPECT_EQ(shown_duration(60), "60");
  EXPECT_EQ(shown_duration(12.034), "12.034");
  EXPECT_EQ(shown_duration(0.1), "0.1");
  EXPECT_EQ(shown_duration(1e15), "1000000000000000");
  EXPECT_EQ(shown_duration(0), "null");
  EXPECT_EQ(shown_duration(-1), "null");
  EXPECT_EQ(shown_duration(std::numeric_limits<double>::infinity()), "null");
}

}  // namespace
}  // namespace tonearm::server
