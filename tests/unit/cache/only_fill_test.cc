#include "unit/cache/cache_fixture.h"

namespace tonearm::cache {
namespace {

using State = source::CacheUse::State;

/// One request for several parts.
io::Task<Got> fetch_parts(source::Source& source, http::ByteRanges parts) {
  Got got;
  source::SourceRequest request;
  request.locator.value = "song.mp3";
  const auto resource = std::move(*source.open(request));
  source::ReadIntent intent;
  intent.range = http::RangeSpec{parts.front().first, parts.front().end - 1};
  intent.several = true;
  intent.parts = [&parts](const http::Representation&) { return parts; };
  const Result<http::Representation> what = co_await resource->describe(intent);
  if (!what) {
    got.error = what.error();
    co_return got;
  }
  for (const http::ByteRange& part : parts) {
    const auto reader = resource->read(part.first, part.end);
    for (;;) {
      const Result<io::Chunk> chunk = co_await reader->read();
      if (!chunk) got.error = chunk.error();
      if (!chunk || chunk->empty()) break;
      got.body += bytes_of(*chunk);
    }
  }
  co_return got;
}

/// A song that nothing identifies is on its way to somebody who wants all of it, and others ask for
/// parts of it, which could be had from its origin alone.
class OnlyFillTest : public CacheTest {
 protected:
  static constexpr std::uint64_t length = 60 * B + 1234;

  void SetUp() override {
    CacheTest::SetUp();
    options_.read_ahead = 1024 * 1024;
    options_.lively = std::chrono::minutes(10);
  }
  static std::shared_ptr<ScriptedSong> a_weak_song() {
    auto song = std::make_shared<ScriptedSong>(length);
    song->what.validators = {};
    song->what.single_pass = true;
    return song;
  }
  /// Its fill has brought so many blocks, and stands until `flows_`.
  void begin_to_fill(std::shared_ptr<ScriptedSong> song, std::uint64_t blocks) {
    flows_ = false;
    song->before_read = [this, reads = 2 * blocks]() mutable {
      stands_ = reads == 0;
      return wait_until(reads-- == 0 ? flows_ : always_);
    };
    ASSERT_EQ(B, 2 * song->piece);
    open(std::move(song));
    whole_ = begin();
    ASSERT_TRUE(run_until([this] { return stands_; }));
    ASSERT_EQ(song_->served, blocks * B);
  }
  /// What a request gets that waits for nobody.
  Got at_once(io::Task<Got> request) {
    auto running = std::make_shared<Running>();
    io::asio::co_spawn(loop_, std::move(request), [running](const std::exception_ptr&, Got got) {
      running->got = std::move(got);
      running->ended = true;
    });
    EXPECT_TRUE(run_until([&] { return running->ended; }));
    return running->got;
  }
  void let_flow() {
    flows_ = true;
    ASSERT_TRUE(run_until([this] { return whole_->ended; }));
    settle();
  }
  void expect_body(const Got& got, const std::string& body) {
    EXPECT_FALSE(got.error) << got.error->detail;
    EXPECT_TRUE(got.body == body) << got.body.size();
  }
  void expect_whole_one_gets_all() {
    let_flow();
    expect_body(whole_->got, content(0, length));
  }
  void TearDown() override {
    flows_ = true;
    CacheTest::TearDown();
  }

  const bool always_ = true;
  bool flows_ = false;
  bool stands_ = false;
  std::shared_ptr<Running> whole_;
};

TEST_F(OnlyFillTest, WhoAsksForWhatHasComeOrIsAboutToSharesIt) {
  begin_to_fill(a_weak_song(), 6);
  const std::vector<std::uint64_t> firsts{1000, 5 * B, 6 * B, 7 * B - 1};
  std::vector<std::shared_ptr<Running>> all;
  for (const std::uint64_t first : firsts) all.push_back(begin(first));
  ASSERT_TRUE(run_until([&] { return cache_->statistics().followers == firsts.size(); }));
  expect_whole_one_gets_all();
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    ASSERT_TRUE(run_until([&] { return all[i]->ended; }));
    expect_body(all[i]->got, content(firsts[i], length));
    EXPECT_TRUE(all[i]->got.use.collapsed);
  }
  EXPECT_EQ(song_->described, 1);
  EXPECT_EQ(song_->served, length);
}

TEST_F(OnlyFillTest, WhoSeeksFarAheadDoesNotWaitForIt) {
  begin_to_fill(a_weak_song(), 6);
  const Got got = at_once(fetch(*source_, 7 * B));
  expect_body(got, content(7 * B, length));
  EXPECT_EQ(got.use.state, State::miss);
  expect_whole_one_gets_all();
  EXPECT_EQ(song_->described, 2);
}

TEST_F(OnlyFillTest, WhoAsksForALaterPartTooDoesNotWaitForIt) {
  begin_to_fill(a_weak_song(), 6);
  const Got got = at_once(fetch_parts(*source_, {{B, B + 10}, {30 * B, 30 * B + 10}}));
  expect_body(got, content(B, B + 10) + content(30 * B, 30 * B + 10));
  expect_whole_one_gets_all();
  EXPECT_EQ(song_->described, 2);
}

TEST_F(OnlyFillTest, WhatIsOnDiskByThenIsReadFromThere) {
  begin_to_fill(a_weak_song(), 40);
  ASSERT_FALSE(pieces().empty());
  const std::uint64_t kept = cache_->statistics().kept_bytes;
  const Got got = get(B, 3 * B - 1);
  expect_body(got, content(B, 3 * B));
  EXPECT_EQ(got.use.state, State::hit);
  EXPECT_EQ(cache_->statistics().kept_bytes - kept, 2 * B);
  expect_whole_one_gets_all();
  EXPECT_EQ(song_->served, length);
}

// It may never move again: then all who read from it would lose their song.
TEST_F(OnlyFillTest, WhereNothingMovesNobodyJoins) {
  options_.lively = std::chrono::milliseconds(0);
  begin_to_fill(a_weak_song(), 6);
  expect_body(at_once(fetch(*source_, B, 2 * B - 1)), content(B, 2 * B));
  EXPECT_EQ(song_->described, 2);
  expect_whole_one_gets_all();
}

TEST_F(OnlyFillTest, WhatIsSaidOfAPartIsSaidOfTheVersionThatItIsOf) {
  begin_to_fill(a_weak_song(), 6);
  const auto waits = begin(6 * B);
  ASSERT_TRUE(run_until([this] { return cache_->statistics().followers == 1; }));
  song_->seed = 9;
  song_->what.length = 50 * B;
  const Got has_come = get(B, 2 * B - 1);
  expect_body(has_come, content(B, 2 * B));
  EXPECT_EQ(has_come.what.length, length);
  let_flow();
  ASSERT_TRUE(whole_->got.error);
  EXPECT_EQ(whole_->got.error->kind, ErrorKind::representation_changed);
  ASSERT_TRUE(run_until([&] { return waits->ended; }));
  expect_body(waits->got, content(6 * B, 50 * B, 9));
  EXPECT_EQ(waits->got.what.length, 50 * B);
}

TEST_F(OnlyFillTest, WhoHasGotNothingYetBeginsAnewWhereItBreaks) {
  begin_to_fill(a_weak_song(), 6);
  const auto waits = begin(6 * B);
  ASSERT_TRUE(run_until([this] { return cache_->statistics().followers == 1; }));
  song_->breaks_at = 6 * B;
  song_->before_describe = [this] { song_->breaks_at.reset(); };
  let_flow();
  ASSERT_TRUE(whole_->got.error);
  ASSERT_TRUE(run_until([&] { return waits->ended; }));
  expect_body(waits->got, content(6 * B, length));
  EXPECT_EQ(song_->described, 2);
}

// It reads on, although the one who began it has left.
TEST_F(OnlyFillTest, WhoReadsAPartKeepsItGoing) {
  flows_ = false;
  auto song = a_weak_song();
  song->before_read = [this, reads = 0]() mutable {
    return wait_until(++reads <= 2 ? always_ : flows_);
  };
  open(song);
  const auto first = begin(0, 9);
  ASSERT_TRUE(run_until([&] { return first->ended; }));
  const auto second = begin(B + 10);
  ASSERT_TRUE(run_until([this] { return cache_->statistics().followers == 1; }));
  flows_ = true;
  ASSERT_TRUE(run_until([&] { return second->ended; }));
  expect_body(second->got, content(B + 10, length));
  settle();
  expect_body(get(), content(0, length));
  EXPECT_EQ(song->served, length);
}

}  // namespace
}  // namespace tonearm::cache
