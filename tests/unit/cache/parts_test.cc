#include "cache/coverage.h"
#include "unit/cache/cache_fixture.h"

namespace tonearm::cache {
namespace {

/// One request that reads a song in several parts, step by step.
class PartsTest : public CacheTest {
 protected:
  static constexpr std::uint64_t length = 40 * B;

  /// Nothing proves that two answers of the origin are one version.
  static std::shared_ptr<ScriptedSong> a_weak_song() {
    auto song = std::make_shared<ScriptedSong>(length);
    song->what.validators = {};
    song->what.single_pass = true;
    return song;
  }
  void TearDown() override {
    reader_.reset();
    resource_.reset();
    CacheTest::TearDown();
  }

  void ask(std::uint64_t first, std::optional<std::uint64_t> last, bool several) {
    source::SourceRequest request;
    request.locator.value = "song.mp3";
    resource_ = std::move(*source_->open(request));
    source::ReadIntent intent;
    intent.range = http::RangeSpec{first, last};
    intent.several = several;
    const auto what = test::run(loop_, resource_->describe(intent));
    ASSERT_TRUE(what) << what.error().detail;
  }
  void read_from(std::uint64_t first, std::optional<std::uint64_t> end) {
    reader_.reset();
    reader_ = resource_->read(first, end);
  }
  /// The next bytes; none at the end, or when it broke.
  std::string some() {
    const Result<io::Chunk> chunk = test::run(loop_, reader_->read());
    EXPECT_TRUE(chunk) << chunk.error().detail;
    return chunk ? bytes_of(*chunk) : std::string();
  }
  std::string rest() {
    std::string all;
    for (std::string next = some(); !next.empty(); next = some()) all += next;
    return all;
  }

  std::unique_ptr<source::Resource> resource_;
  std::unique_ptr<io::ByteReader> reader_;
};

TEST_F(PartsTest, WhatIsNotKeptIsReadInSeveralPartsToo) {
  for (const std::uint64_t first : {std::uint64_t{0}, 5 * B}) {
    auto song = a_weak_song();
    song->what.caching.no_store = first == 0;  // the other one begins too late to be kept
    open(song);
    ask(first, first + 99, true);
    read_from(first, first + 100);
    EXPECT_EQ(rest(), content(first, first + 100));
    read_from(9 * B, 9 * B + 50);
    EXPECT_EQ(rest(), content(9 * B, 9 * B + 50));
    TearDown();
    SetUp();
  }
}

// Its one fill must not be without a reader between two parts, though the second begins in what is
// kept by then.
TEST_F(PartsTest, WhatCanOnlyBeHadWholeIsReadInSeveralPartsWhileItComes) {
  open(a_weak_song());
  ask(0, B - 1, true);
  read_from(0, B);
  EXPECT_EQ(rest(), content(0, B));
  let_run();
  ASSERT_GT(song_->served, 4 * B);
  read_from(2 * B, length);
  const std::string begun = some();
  let_run();
  EXPECT_EQ(cache_->statistics().running_fills, 1U);
  EXPECT_TRUE(begun + rest() == content(2 * B, length));
}

// None of them brings what is kept only whole, so that none has to wait for another's answer.
TEST_F(PartsTest, WhoSeeksInWhatCanOnlyBeHadWholeWaitsForOneAnswerOnly) {
  auto song = a_weak_song();
  bool first_may = false;
  bool others_may = false;
  song->before_answer = [&] { return wait_until(song->described == 1 ? first_may : others_may); };
  open(song);
  std::vector<std::shared_ptr<Running>> all;
  for (int i = 0; i < 6; ++i) all.push_back(begin(30 * B, 30 * B + 9));
  ASSERT_TRUE(run_until([&] { return song->described == 1; }));
  first_may = true;
  EXPECT_TRUE(run_until([&] { return song->described == 6; })) << song->described;
  others_may = true;
  ASSERT_TRUE(run_until([&] {
    return std::all_of(all.begin(), all.end(), [](const auto& one) { return one->ended; });
  }));
  for (const auto& one : all) EXPECT_EQ(one->got.body, content(30 * B, 30 * B + 10));
}

// It is answered from its first byte, so that is where its reader is.
TEST_F(PartsTest, ARangeOfWhatHasNoLengthDoesNotDriveTheFillAhead) {
  auto song = a_weak_song();
  song->what.length.reset();
  song->what.seekable = false;
  song->what.ranges = false;
  song->hidden_length = 300 * B;
  options_.size = 60 * B;
  open(song);
  ask(200 * B, {}, false);
  let_run();
  EXPECT_LE(song->served, options_.read_ahead + 2 * B);
  read_from(0, {});
  const std::string begun = some();
  let_run();
  EXPECT_LE(song->served, options_.read_ahead + 2 * B);
  EXPECT_TRUE(begun + rest() == content(0, 300 * B));
}

// Where it is, only the visit tells that another makes for the beginning.
TEST_F(PartsTest, TheEndIsNotWaitedForBehindTheBeginning) {
  auto song = std::make_shared<ScriptedSong>(length);
  song->failure = ErrorKind::connection_refused;
  options_.read_ahead = 4 * B;
  open(song);
  EXPECT_TRUE(get().error);  // from now on it is known that nothing is kept
  song->failure.reset();
  bool may_answer = false;
  song->before_answer = [&] { return wait_until(may_answer); };
  const auto first = begin(0, 99);
  ASSERT_TRUE(run_until([&] { return song->described == 2; }));
  resource_ = std::move(
      *source_->open(source::SourceRequest{Locator{Locator::Kind::plain, "song.mp3", {}}, false}));
  source::ReadIntent last_bytes;
  last_bytes.range = http::RangeSpec{std::nullopt, 100};
  bool described = false;
  io::asio::co_spawn(loop_, resource_->describe(last_bytes),
                     [&](const std::exception_ptr&, const auto&) { described = true; });
  loop_.poll();
  may_answer = true;
  ASSERT_TRUE(run_until([&] { return described && first->ended; }));
  read_from(length - 100, length);
  EXPECT_EQ(rest(), content(length - 100, length));
  settle();
  EXPECT_EQ(song->served, 2 * B);
}

TEST_F(PartsTest, WhatIsKeptOfAllPartsIsKnownBeforeTheFirst) {
  struct Row {
    std::uint64_t first, second;
    source::CacheUse::State state;
  };
  const std::vector<Row> rows{{0, 2 * B, source::CacheUse::State::hit},
                              {0, 2 * length, source::CacheUse::State::hit},
                              {0, 30 * B, source::CacheUse::State::partial},
                              {20 * B, 38 * B, source::CacheUse::State::miss},
                              {36 * B, 0, source::CacheUse::State::partial}};
  options_.slice = B;
  open(std::make_shared<ScriptedSong>(length));
  get(0, 4 * B - 1);
  settle();
  for (const Row& row : rows) {
    source::SourceRequest request;
    request.locator.value = "song.mp3";
    const auto resource = std::move(*source_->open(request));
    source::ReadIntent intent;
    intent.range = http::RangeSpec{row.first, row.first + 99};
    intent.several = true;
    intent.parts = [&row](const http::Representation& what) {
      http::ByteRanges parts{{row.first, row.first + 100}};
      if (row.second < what.length) parts.push_back({row.second, row.second + 100});
      return parts;
    };
    ASSERT_TRUE(test::run(loop_, resource->describe(intent)));
    EXPECT_EQ(resource->cache_use().state, row.state) << row.first << ' ' << row.second;
  }
}

// A look at each of its pieces would cost too much before the head is out.
TEST_F(PartsTest, OfALongSongAHitIsOnlyClaimedOnceItWasOne) {
  using State = source::CacheUse::State;
  constexpr std::uint64_t long_one = 100 * B;
  options_.slice = B;
  open(std::make_shared<ScriptedSong>(long_one));
  get();
  settle();
  reopen();
  ask(0, long_one - 1, false);
  EXPECT_EQ(resource_->cache_use().state, State::partial);
  read_from(0, long_one);
  EXPECT_TRUE(rest() == content(0, long_one));
  EXPECT_EQ(resource_->cache_use().state, State::hit);
  ask(0, long_one - 1, false);
  EXPECT_EQ(resource_->cache_use().state, State::hit) << "by now all pieces are known";
  reader_.reset();
  resource_.reset();
  reopen();
  ask(0, 60 * B, false);
  EXPECT_EQ(resource_->cache_use().state, State::hit);
}

TEST_F(PartsTest, WhatCannotBeLookedAtIsNotWalkedOver) {
  constexpr std::uint64_t long_one = 100 * B;
  options_.slice = B;
  open(std::make_shared<ScriptedSong>(long_one));
  get();
  settle();
  reopen();
  const auto version =
      cache_->store().load(key_of({Locator::Kind::plain, "song.mp3", {}}, "scope"));
  ASSERT_TRUE(version && *version);
  const Coverage seen = coverage_of(**version, {{0, long_one}});
  EXPECT_EQ(seen.unknown.size(), 64U);
  EXPECT_EQ(seen.kept_to, 64 * B);
  EXPECT_TRUE(seen.begins);
  EXPECT_FALSE(seen.all());
}

}  // namespace
}  // namespace tonearm::cache
