#include "unit/cache/cache_fixture.h"

#include <boost/asio/detached.hpp>

#include <future>

namespace tonearm::cache {
namespace {

using State = source::CacheUse::State;

/// The pool's threads hang until answer(), as they do on a disk that does not answer.
class SilentDiskTest : public CacheTest {
 protected:
  static constexpr std::uint64_t length = 21 * B + 1234;  // six slices of four blocks

  static std::shared_ptr<ScriptedSong> a_song() { return std::make_shared<ScriptedSong>(length); }
  /// Nothing proves that two answers of the origin are one version: it is kept only whole.
  static std::shared_ptr<ScriptedSong> a_weak_song() {
    auto song = a_song();
    song->what.validators = {};
    song->what.single_pass = true;
    return song;
  }

  void TearDown() override {
    may_play_on_ = true;
    answer();
    CacheTest::TearDown();
  }
  void open(const std::shared_ptr<ScriptedSong>& song) {
    answer();
    CacheTest::open(song);
  }
  /// It is on disk, and nothing of it was looked at yet.
  void keep(const std::shared_ptr<ScriptedSong>& song) {
    open(song);
    EXPECT_EQ(get().body, content(0, length));
    settle();
    reopen();
  }
  void hang() {
    set_limits({std::chrono::milliseconds(200), std::chrono::seconds(10)});
    std::promise<bool> released;
    const auto release = released.get_future().share();
    released_ = std::move(released);
    const auto hanging = std::make_shared<std::atomic<int>>(0);
    const auto job = [release, hanging] { return ++*hanging > 0 && release.get(); };
    for (int i = 0; i < 4; ++i) {
      io::asio::co_spawn(loop_, cache_->store().pool().run(job), io::asio::detached);
    }
    ASSERT_TRUE(run_until([&] { return *hanging == 4; }));
  }
  void answer() {
    if (!released_) return;
    set_limits({});
    released_->set_value(true);
    released_.reset();
  }
  void set_limits(const Silence::Limits& limits) {
    cache_->store().disk().silence().set_limits(limits);
  }
  bool is_silent() const { return cache_->store().disk().is_silent(); }
  void wait_until_answered() {
    answer();
    ASSERT_TRUE(run_until([this] { return !is_silent(); }));
  }
  Result<void> forget() {
    return test::run(loop_,
                     source_->forget({Locator{Locator::Kind::plain, "song.mp3", {}}, false}));
  }

  /// Pauses after what comes first.
  std::shared_ptr<Running> begin_playing() {
    auto playing = begin(play(*source_, has_begun_, may_play_on_));
    EXPECT_TRUE(run_until([this] { return has_begun_; }));
    return playing;
  }
  void play_on(const Running& playing) {
    may_play_on_ = true;
    ASSERT_TRUE(run_until([&] { return playing.ended; }));
    EXPECT_FALSE(playing.got.error) << playing.got.error->detail;
    EXPECT_TRUE(playing.got.body == content(0, length)) << playing.got.body.size();
  }

  static io::Task<Got> play(source::Source& source, bool& has_begun, const bool& may_play_on) {
    Got got;
    source::SourceRequest request;
    request.locator.value = "song.mp3";
    const auto resource = std::move(*source.open(request));
    got.what = *co_await resource->describe({});
    const auto reader = resource->read(0, length);
    const Result<io::Chunk> first = co_await reader->read();
    got.body = bytes_of(*first);
    has_begun = true;
    co_await wait_until(may_play_on);
    co_await read_all(*reader, got);
    got.origin = resource->origin_use();
    co_return got;
  }

  bool has_begun_ = false;
  bool may_play_on_ = false;

 private:
  std::optional<std::promise<bool>> released_;
};

TEST_F(SilentDiskTest, SongsPlayPastItAndFromItWhenItAnswers) {
  for (const auto& song : {a_song(), a_weak_song()}) {
    SCOPED_TRACE(song->what.single_pass);
    keep(song);
    hang();
    for (int i = 0; i < 3; ++i) {
      const Got got = get();
      EXPECT_EQ(got.body, content(0, length));
      EXPECT_EQ(got.use.state, State::miss);
      EXPECT_EQ(got.origin.requests, 1U);
      EXPECT_TRUE(is_silent());
    }
    EXPECT_FALSE(cache_->statistics().writable);
    wait_until_answered();
    EXPECT_TRUE(cache_->statistics().writable);
    const Got got = get();
    EXPECT_EQ(got.body, content(0, length));
    EXPECT_EQ(got.use.state, State::hit);
    close();
  }
}

// Of a song that is known its index may have to be read.
TEST_F(SilentDiskTest, WhatIsKnownOfASongDoesNotWaitForTheRest) {
  for (const auto& song : {a_song(), a_weak_song()}) {
    SCOPED_TRACE(song->what.single_pass);
    keep(song);
    EXPECT_EQ(get(0, 9).body, content(0, 10));
    hang();
    const Got got = get(10 * B, 10 * B + 99);
    EXPECT_EQ(got.body, content(10 * B, 10 * B + 100));
    EXPECT_EQ(got.origin.requests, 1U);
    wait_until_answered();
    EXPECT_EQ(get(10 * B, 10 * B + 99).use.state, State::hit);
    close();
  }
}

TEST_F(SilentDiskTest, WhatPlaysFromItGoesOnFromTheOrigin) {
  keep(a_song());
  const auto playing = begin_playing();
  hang();
  play_on(*playing);
  EXPECT_EQ(playing->got.origin.requests, 1U);
  wait_until_answered();
}

// No other answer of the origin is this one.
TEST_F(SilentDiskTest, WhatCanBeHadFromNowhereElseIsWaitedFor) {
  const auto weak = a_weak_song();
  const auto strong = a_song();
  for (const auto& song : {weak, strong}) {
    SCOPED_TRACE(song->what.single_pass);
    keep(song);
    has_begun_ = false;
    may_play_on_ = false;
    const auto playing = begin_playing();
    if (song == strong) song->failure = ErrorKind::connection_refused;
    hang();
    const int described = song->described;
    may_play_on_ = true;
    ASSERT_TRUE(run_until([&] { return is_silent() && song->described > described; }));
    let_run();
    EXPECT_FALSE(playing->ended);
    wait_until_answered();
    play_on(*playing);
    close();
  }
}

TEST_F(SilentDiskTest, WhatIsBeingFetchedGoesOnInMemoryAndIsWrittenLate) {
  open(a_song());
  get();
  settle();
  const auto bytes = cache_->statistics().bytes;
  ASSERT_TRUE(forget());
  get(0, B - 1);
  settle();
  hang();
  const auto first = begin(8 * B, length - 1);
  ASSERT_TRUE(run_until([&] { return first->ended && cache_->statistics().running_fills == 0; }));
  EXPECT_EQ(first->got.body, content(8 * B, length));
  EXPECT_TRUE(is_silent());
  wait_until_answered();
  EXPECT_EQ(get().body, content(0, length));
  settle();
  EXPECT_EQ(get().use.state, State::hit);
  EXPECT_EQ(cache_->statistics().bytes, bytes) << "as if it had been written in time";
  reopen();
  const Got got = get();
  EXPECT_EQ(got.body, content(0, length));
  EXPECT_EQ(got.use.state, State::hit);
}

TEST_F(SilentDiskTest, WhatIsKeptOnlyWholeIsPassedOnAndNothingIsLeftOfIt) {
  open(a_weak_song());
  bool may_go = false;
  song_->before_read = [&] { return wait_until(may_go); };
  const auto first = begin();
  ASSERT_TRUE(run_until([&] { return song_->described > 0; }));
  hang();
  may_go = true;
  ASSERT_TRUE(run_until([&] { return first->ended && cache_->statistics().running_fills == 0; }));
  EXPECT_EQ(first->got.body, content(0, length));
  EXPECT_TRUE(is_silent());
  wait_until_answered();
  EXPECT_TRUE(run_until([&] { return pieces().empty(); }));
  EXPECT_EQ(cache_->statistics().pieces, 0U);
  EXPECT_EQ(get().body, content(0, length));
  settle();
  EXPECT_EQ(get().use.state, State::hit);
}

TEST_F(SilentDiskTest, WhatCountsNoMoreGoesWhenItAnswers) {
  auto song = a_song();
  song->what.caching.max_age = std::chrono::seconds(0);
  open(song);
  get();
  settle();
  ASSERT_FALSE(pieces().empty());
  hang();
  song->seed = 2;
  song->what.validators.etag = http::EntityTag{"\"v2\"", false};
  for (int i = 0; i < 2; ++i) EXPECT_EQ(get().body, content(0, length, 2));
  EXPECT_FALSE(pieces().empty());
  wait_until_answered();
  EXPECT_TRUE(run_until([&] { return pieces().empty(); }));
  reopen();
  EXPECT_EQ(get().body, content(0, length, 2));
}

TEST_F(SilentDiskTest, WhatIsForgottenGoesWhenItAnswers) {
  open(a_song());
  get();
  settle();
  hang();
  const Result<void> forgotten = forget();
  ASSERT_FALSE(forgotten);
  EXPECT_EQ(forgotten.error().detail, "cache.path does not answer");
  song_->seed = 2;
  EXPECT_EQ(get().body, content(0, length, 2)) << "nothing of what was kept";
  wait_until_answered();
  EXPECT_TRUE(run_until([&] { return pieces().empty(); }));
}

}  // namespace
}  // namespace tonearm::cache
