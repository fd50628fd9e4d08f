#include "unit/cache/cache_fixture.h"

namespace tonearm::cache {
namespace {

/// Listeners of different songs, whose read-ahead is more than the directory may hold.
class ReadAheadTest : public CacheTest {
 protected:
  static constexpr std::uint64_t length = 24 * B;

  struct Player {
    std::shared_ptr<ScriptedSong> song = std::make_shared<ScriptedSong>(length);
    std::unique_ptr<CachingSource> source;
    std::unique_ptr<source::Resource> resource;
    std::unique_ptr<io::ByteReader> reader;
    std::string body;
    bool ended = false;
  };

  void TearDown() override {
    players_.clear();
    CacheTest::TearDown();
  }

  void add_player() {
    Player& player = players_.emplace_back();
    player.source = std::make_unique<CachingSource>(loop_.get_executor(), *cache_,
                                                    std::make_shared<ScriptedSource>(player.song),
                                                    std::to_string(players_.size()));
    source::SourceRequest request;
    request.locator.value = "song.mp3";
    player.resource = std::move(*player.source->open(request));
    ASSERT_TRUE(test::run(loop_, player.resource->describe({})));
    player.reader = player.resource->read(0, length);
  }
  /// One chunk, and what is fetched for it.
  void play_on(Player& player) {
    const Result<io::Chunk> chunk = test::run(loop_, player.reader->read());
    ASSERT_TRUE(chunk) << chunk.error().detail;
    player.body += bytes_of(*chunk);
    player.ended = chunk->empty();
    let_run();
  }

  std::vector<Player> players_;
};

TEST_F(ReadAheadTest, IsNotFetchedTwiceWhereManyPlay) {
  options_.read_ahead = 0;  // the least there is
  options_.size = 20 * B;
  open(std::make_shared<ScriptedSong>(B));
  players_.reserve(6);
  for (int i = 0; i < 6; ++i) add_player();
  for (bool plays = true; plays;) {
    plays = false;
    for (Player& player : players_) {
      if (!player.ended) play_on(player);
      if (HasFatalFailure()) return;
      plays = plays || !player.ended;
    }
    EXPECT_LE(cache_->statistics().bytes, options_.size);
  }
  for (const Player& player : players_) {
    EXPECT_TRUE(player.body == content(0, length));
    EXPECT_EQ(player.song->served, length);
  }
}

// A listener who has paused and gone keeps no room.
TEST_F(ReadAheadTest, MakesRoomWhenItsListenerHasLeft) {
  options_.size = 20 * B;
  open(std::make_shared<ScriptedSong>(B));
  players_.reserve(6);
  for (int i = 0; i < 5; ++i) add_player();
  let_run();
  players_.clear();
  settle();
  add_player();
  while (!players_.front().ended) play_on(players_.front());
  settle();
  EXPECT_GT(pieces().size(), 2U);
  EXPECT_GT(cache_->statistics().evictions, 0U);
  EXPECT_LE(cache_->statistics().bytes, options_.size);
}

}  // namespace
}  // namespace tonearm::cache
