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

/// A song that is identified, and whose first answer stands still behind its first bytes.
class SlowFillTest : public CacheTest {
 protected:
  static constexpr std::uint64_t length = 40 * B;

  void SetUp() override {
    CacheTest::SetUp();
    options_.read_ahead = length;
    options_.lively = std::chrono::milliseconds(100);
  }
  void open_slow_song() {
    open(std::make_shared<ScriptedSong>(length));
    song_->before_read = [this] {
      static const bool always = true;
      const bool first_answer = song_->described == first_answer_;
      return wait_until(first_answer && ++reads_ > 2 ? goes_on_ : always);
    };
  }

  int first_answer_ = 1;
  int reads_ = 0;
  bool goes_on_ = false;
};

TEST_F(SlowFillTest, IsNotWaitedForByOneWhoSeeksAhead) {
  open_slow_song();
  const auto first = begin();
  ASSERT_TRUE(run_until([&] { return reads_ == 3; }));
  const auto second = begin(10 * B + 5, 12 * B);
  ASSERT_TRUE(run_until([&] { return second->ended; }));
  EXPECT_EQ(second->got.body, content(10 * B + 5, 12 * B + 1));
  EXPECT_EQ(song_->described, 2);
  const auto third = begin(11 * B, 12 * B);
  ASSERT_TRUE(run_until([&] { return third->ended; }));
  EXPECT_EQ(song_->described, 2) << "what the second has fetched is for all";
  goes_on_ = true;
  ASSERT_TRUE(run_until([&] { return first->ended; }));
  EXPECT_EQ(first->got.body, content(0, length));
  EXPECT_EQ(song_->served, length);
}

// The head is out long since, and the next block is expected of another's fill.
TEST_F(SlowFillTest, IsNotWaitedForByOneWhoComesToIt) {
  open_slow_song();
  first_answer_ = 2;
  get(10 * B, 11 * B - 1);
  settle();
  const auto first = begin();
  ASSERT_TRUE(run_until([&] { return reads_ == 3; }));
  const auto second = begin(10 * B, 13 * B - 1);
  ASSERT_TRUE(run_until([&] { return second->ended; }));
  EXPECT_EQ(second->got.body, content(10 * B, 13 * B));
  goes_on_ = true;
  ASSERT_TRUE(run_until([&] { return first->ended; }));
  EXPECT_EQ(first->got.body, content(0, length));
  EXPECT_EQ(song_->served, length);
}

// Of the next block another answer would come no sooner.
TEST_F(SlowFillTest, IsWaitedForByTheListenersWhoAreThere) {
  open_slow_song();
  std::vector<std::shared_ptr<Running>> listeners;
  for (int i = 0; i < 3; ++i) listeners.push_back(begin());
  ASSERT_TRUE(run_until([&] { return reads_ == 3; }));
  const auto later = std::chrono::steady_clock::now() + 3 * options_.lively;
  ASSERT_TRUE(run_until([&] { return std::chrono::steady_clock::now() > later; }));
  EXPECT_EQ(song_->described, 1);
  goes_on_ = true;
  for (const auto& listener : listeners) {
    ASSERT_TRUE(run_until([&] { return listener->ended; }));
    EXPECT_EQ(listener->got.body, content(0, length));
  }
  EXPECT_EQ(song_->served, length);
}

}  // namespace
}  // namespace tonearm::cache
