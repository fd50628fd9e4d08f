#include "cache/file.h"
#include "unit/cache/cache_fixture.h"

namespace tonearm::cache {
namespace {

using State = source::CacheUse::State;

/// A listener who has paused after what came first.
struct Player {
  bool goes_on = false;
  bool began = false;
  bool ended = false;
  std::string body;
  std::optional<Error> error;
};

io::Task<void> play(source::Source& source, Player& player) {
  source::SourceRequest request;
  request.locator.value = "song.mp3";
  const auto resource = std::move(*source.open(request));
  const Result<http::Representation> what = co_await resource->describe({});
  if (!what) {
    player.error = what.error();
    co_return;
  }
  const auto reader = resource->read(0, what->length);
  for (;;) {
    const Result<io::Chunk> chunk = co_await reader->read();
    if (!chunk) player.error = chunk.error();
    if (!chunk || chunk->empty()) co_return;
    player.body += bytes_of(*chunk);
    player.began = true;
    co_await wait_until(player.goes_on);
  }
}

/// What happens to a song while it is being played.
class PlayingTest : public CacheTest {
 protected:
  static constexpr std::uint64_t length = 21 * B + 1234;  // six slices of four blocks

  /// Nothing proves that two answers of the origin are one version.
  static std::shared_ptr<ScriptedSong> a_weak_song(std::uint64_t size = length) {
    auto song = std::make_shared<ScriptedSong>(size);
    song->what.validators = {};
    song->what.single_pass = true;
    return song;
  }
  static std::shared_ptr<ScriptedSong> a_strong_song(std::uint64_t size = length) {
    return std::make_shared<ScriptedSong>(size);
  }

  void begin_playing() {
    io::asio::co_spawn(loop_, play(*source_, player_),
                       [this](const std::exception_ptr&) { player_.ended = true; });
    ASSERT_TRUE(run_until([this] { return player_.began; }));
  }
  void play_on() {
    player_.goes_on = true;
    ASSERT_TRUE(run_until([this] { return player_.ended; }));
    EXPECT_FALSE(player_.error) << player_.error->detail;
  }
  void forget() {
    test::run(loop_, source_->forget({Locator{Locator::Kind::plain, "song.mp3", {}}, false}));
  }
  void keep_all() {
    EXPECT_EQ(get().body.size(), *song_->what.length);
    settle();
  }
  void TearDown() override {
    player_.goes_on = true;
    CacheTest::TearDown();
  }

  Player player_;
};

TEST_F(PlayingTest, WhatIsRemovedFromOutsidePlaysOnThoughItCannotBeHadAgain) {
  open(a_weak_song());
  keep_all();
  begin_playing();
  for (const auto& piece : pieces()) std::filesystem::remove(piece);
  play_on();
  EXPECT_EQ(player_.body, content(0, length));
  EXPECT_EQ(get().body, content(0, length));
}

TEST_F(PlayingTest, WhatIsForgottenPlaysOn) {
  for (const bool weak : {true, false}) {
    SCOPED_TRACE(weak);
    open(weak ? a_weak_song() : a_strong_song());
    keep_all();
    player_ = {};
    begin_playing();
    forget();
    EXPECT_TRUE(pieces().empty());
    song_->failure = ErrorKind::connection_refused;
    play_on();
    EXPECT_EQ(player_.body, content(0, length));
    song_->failure.reset();
    EXPECT_EQ(get().use.state, State::miss);
    TearDown();
    SetUp();
  }
}

TEST_F(PlayingTest, WhatTheOriginHasReplacedPlaysOn) {
  auto song = a_strong_song();
  song->what.caching.max_age = std::chrono::seconds(0);
  open(song);
  keep_all();
  begin_playing();
  song->seed = 9;
  song->what.validators.etag = http::EntityTag{"\"v2\"", false};
  EXPECT_EQ(get().body, content(0, length, 9));
  play_on();
  EXPECT_EQ(player_.body, content(0, length));
  settle();
  EXPECT_EQ(get(B, 2 * B).body, content(B, 2 * B + 1, 9));
}

// What a fill ran into while a listener had enough is not what is wrong when the listener gets
// there.
TEST_F(PlayingTest, AnOriginThatIsBackIsAskedAgain) {
  auto song = a_strong_song();
  song->breaks_at = 6 * B;
  open(song);
  begin_playing();
  ASSERT_TRUE(run_until([this] { return cache_->statistics().fills_failed == 1; }));
  song->breaks_at.reset();
  EXPECT_EQ(get(7 * B, 8 * B - 1).body, content(7 * B, 8 * B));
  play_on();
  EXPECT_TRUE(player_.body == content(0, length));
}

TEST_F(PlayingTest, WhatComesOnlyOnceIsSharedWhileItIsFresh) {
  for (const bool fresh : {true, false}) {
    SCOPED_TRACE(fresh);
    auto song = a_weak_song();
    song->what.caching.max_age = std::chrono::seconds(fresh ? 3600 : 0);
    open(song);
    player_ = {};
    begin_playing();
    const auto another = begin();
    ASSERT_TRUE(run_until([&] { return another->ended; }));
    play_on();
    EXPECT_TRUE(player_.body == content(0, length));
    EXPECT_TRUE(another->got.body == content(0, length));
    EXPECT_EQ(song->described, fresh ? 1 : 2);
    EXPECT_EQ(song->served, fresh ? length : 2 * length);
    TearDown();
    SetUp();
  }
}

// It would throw itself out before it is whole, and all others before that.
TEST_F(PlayingTest, AStreamThatOutgrowsTheCacheLeavesOthersThere) {
  options_.size = 80 * B;
  auto song = a_weak_song();
  song->what.length.reset();
  song->what.seekable = false;
  song->what.ranges = false;
  song->hidden_length = 200 * B;
  open(song);
  auto other = a_strong_song(32 * B);
  CachingSource second(loop_.get_executor(), *cache_, std::make_shared<ScriptedSource>(other), "b");
  EXPECT_TRUE(test::run(loop_, fetch(second)).body == content(0, 32 * B));
  settle();
  const std::size_t open_before = File::open_count();
  std::size_t most_open = 0;
  song->before_read = [&]() -> io::Task<void> {
    if (song->served >= 80 * B) most_open = std::max(most_open, File::open_count().load());
    co_return;
  };
  begin_playing();
  play_on();
  EXPECT_TRUE(player_.body == content(0, 200 * B));
  EXPECT_LE(most_open, open_before + 4) << "only what lies near the listener is";
  settle();
  EXPECT_EQ(cache_->statistics().evictions, 0U);
  EXPECT_EQ(test::run(loop_, fetch(second)).use.state, State::hit);
  EXPECT_EQ(cache_->statistics().songs, 1U);
}

// Its rest cannot be had from the origin.
TEST_F(PlayingTest, WhatIsKeptOnlyWholeIsNotEvicted) {
  options_.size = 40 * B;
  open(a_weak_song(16 * B));
  keep_all();
  begin_playing();
  auto other = a_strong_song(100 * B);
  CachingSource second(loop_.get_executor(), *cache_, std::make_shared<ScriptedSource>(other), "b");
  EXPECT_EQ(test::run(loop_, fetch(second)).body, content(0, 100 * B));
  settle();
  EXPECT_LE(cache_->statistics().bytes, options_.size);
  play_on();
  EXPECT_EQ(player_.body, content(0, 16 * B));
  // Nobody plays it now: it goes.
  EXPECT_EQ(test::run(loop_, fetch(second)).body, content(0, 100 * B));
  settle();
  EXPECT_EQ(get().use.state, State::miss);
}

TEST_F(PlayingTest, ADiskThatFailsDoesNotTearWhatIsKeptOnlyWhole) {
  auto song = a_weak_song(40 * B);
  static const bool always = true;
  int reads = 0;
  song->before_read = [&] {
    if (++reads == 60) std::filesystem::rename(directory_, directory_ + "-away");
    return wait_until(reads == 40 ? player_.began : always);
  };
  open(song);
  const auto fast = begin();
  ASSERT_TRUE(run_until([&] { return reads == 40; }));
  begin_playing();  // what is kept already
  ASSERT_TRUE(run_until([&] { return fast->ended; }));
  EXPECT_EQ(fast->got.body, content(0, 40 * B));
  settle();
  play_on();
  EXPECT_EQ(player_.body, content(0, 40 * B));
  std::filesystem::remove_all(directory_ + "-away");
}

// What finds no room is in memory for a while, and of a song that comes only once then nowhere.
TEST_F(PlayingTest, WhoComesWhenThereIsNoRoomIsServedByTheOrigin) {
  constexpr std::uint64_t size = 110 * B;
  options_.size = 220 * B;
  auto song = a_weak_song(size);
  static const bool always = true;
  int reads = 0;
  song->before_read = [&] { return wait_until(++reads == 150 ? player_.began : always); };
  open(song);
  std::vector<std::unique_ptr<source::Resource>> played;
  for (const char* scope : {"b", "c"}) {
    CachingSource other(loop_.get_executor(), *cache_,
                        std::make_shared<ScriptedSource>(a_weak_song(100 * B)), scope);
    EXPECT_EQ(test::run(loop_, fetch(other)).body.size(), 100 * B);
    settle();
    played.push_back(
        std::move(*other.open({Locator{Locator::Kind::plain, "song.mp3", {}}, false})));
    EXPECT_TRUE(test::run(loop_, played.back()->describe({})));
  }
  const auto fast = begin();
  ASSERT_TRUE(run_until([&] { return reads == 150; }));
  begin_playing();
  ASSERT_TRUE(run_until([&] { return fast->ended; }));
  EXPECT_TRUE(fast->got.body == content(0, size));
  play_on();
  EXPECT_TRUE(player_.body == content(0, size));
  EXPECT_EQ(song->described, 2);
}

TEST_F(PlayingTest, ADiskThatFailsDoesNotMakeTheFastWaitForTheSlow) {
  constexpr std::uint64_t size = 200 * B;
  auto song = a_strong_song(size);
  int reads = 0;
  song->before_read = [&]() -> io::Task<void> {
    if (++reads == 60) std::filesystem::rename(directory_, directory_ + "-away");
    co_return;
  };
  open(song);
  begin_playing();
  const auto fast = begin();
  ASSERT_TRUE(run_until([&] { return fast->ended; }));
  EXPECT_EQ(fast->got.body, content(0, size));
  play_on();
  EXPECT_EQ(player_.body, content(0, size));
  std::filesystem::remove_all(directory_ + "-away");
}

TEST_F(PlayingTest, WhatIsKeptOnlyWholeAndHasLostAPieceIsFetchedAnew) {
  for (const bool restart : {true, false}) {
    for (const std::size_t lost : {std::size_t{0}, std::size_t{2}, std::size_t{5}}) {
      SCOPED_TRACE(std::to_string(lost) + (restart ? " restart" : ""));
      open(a_weak_song());
      keep_all();
      std::filesystem::remove(pieces().at(lost));
      if (restart) reopen();
      Got got = get();
      EXPECT_FALSE(got.error);
      EXPECT_EQ(got.body, content(0, length));
      EXPECT_EQ(got.use.state, State::miss);
      settle();
      got = get(B, 2 * B);
      EXPECT_EQ(got.body, content(B, 2 * B + 1));
      EXPECT_EQ(got.use.state, State::hit);
      EXPECT_EQ(pieces().size(), 6U);
      TearDown();
      SetUp();
    }
  }
}

}  // namespace
}  // namespace tonearm::cache
