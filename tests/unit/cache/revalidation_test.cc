#include "unit/cache/cache_fixture.h"

namespace tonearm::cache {
namespace {

using State = source::CacheUse::State;

/// RFC 9111 §4.3: what is kept, and an origin that was asked about it.
class RevalidationTest : public CacheTest {
 protected:
  static constexpr std::uint64_t length = 9 * B + 1234;

  /// All of it is kept, and stale.
  void SetUp() override {
    CacheTest::SetUp();
    auto song = std::make_shared<ScriptedSong>(length);
    song->what.caching.max_age = std::chrono::seconds(0);
    open(song);
    EXPECT_EQ(get().body, content(0, length));
    settle();
  }
  void expect_nothing_kept() {
    EXPECT_TRUE(pieces().empty());
    const int described = song_->described;
    EXPECT_EQ(get().use.state, State::miss);
    EXPECT_EQ(song_->described, described + 1) << "what is not kept needs no visit";
    EXPECT_TRUE(pieces().empty());
  }
  /// As DELETE does, from another loop and while this one does not run.
  void forget() {
    const std::string key = key_of(Locator{Locator::Kind::plain, "song.mp3", {}}, "scope");
    std::thread([this, key] { test::run(other_loop_, cache_->forget(key)); }).join();
  }

  io::asio::io_context other_loop_{1};
};

TEST_F(RevalidationTest, A304ThatForbidsKeepingEndsIt) {
  song_->caching_of_304.emplace().no_store = true;
  song_->what.caching.no_store = true;
  const Got got = get();
  EXPECT_EQ(got.body, content(0, length));
  EXPECT_EQ(got.use.state, State::miss);
  settle();
  expect_nothing_kept();
}

TEST_F(RevalidationTest, AnAnswerThatForbidsKeepingEndsIt) {
  song_->answers_304 = false;
  song_->what.caching.is_private = true;
  EXPECT_EQ(get().body, content(0, length));
  settle();
  expect_nothing_kept();
}

TEST_F(RevalidationTest, SoDoesOneThatBringsWhatIsMissing) {
  song_->what.caching.max_age = std::chrono::seconds(3600);
  test::run(loop_, source_->forget({Locator{Locator::Kind::plain, "song.mp3", {}}, false}));
  get(0, 2 * B - 1);
  settle();
  song_->what.caching.no_store = true;
  EXPECT_EQ(get().body, content(0, length)) << "this answer is served";
  settle();
  expect_nothing_kept();
}

// RFC 9211 §2.1: a hit is what nobody was asked for.
TEST_F(RevalidationTest, AnAnswerInFullThatConfirmsIsNoHit) {
  song_->answers_304 = false;
  const Got got = get();
  EXPECT_EQ(got.body, content(0, length));
  EXPECT_EQ(got.use.state, State::partial);
  EXPECT_FALSE(got.use.revalidated);
}

// RFC 9111 §4.3.4: it updates only what has the same strong validator.
TEST_F(RevalidationTest, A304ThatNamesAnotherVersionIsNoConfirmation) {
  song_->etag_of_304 = http::EntityTag{"\"v2\"", false};
  song_->seed = 9;
  song_->before_describe = [this, asked = 0]() mutable {
    if (++asked == 2) song_->what.validators.etag = song_->etag_of_304;
  };
  const Got got = get();
  EXPECT_EQ(got.body, content(0, length, 9));
  EXPECT_FALSE(got.use.revalidated);
  EXPECT_EQ(song_->conditional, 1);
}

// RFC 9111 §3.2: what the origin has corrected takes the place of what is kept.
TEST_F(RevalidationTest, WhatIsSaidOfTheSameVersionNowCounts) {
  const http::HttpTime now(std::chrono::seconds(1'500'000'000));
  for (const bool in_full : {true, false}) {
    song_->answers_304 = !in_full;
    song_->type_of_304 = "audio/flac";
    if (in_full) {
      song_->what.content_type = "audio/ogg";
      song_->what.validators.last_modified = now;
    }
    Got got = get();
    EXPECT_EQ(got.what.content_type, in_full ? "audio/ogg" : "audio/flac");
    EXPECT_EQ(got.what.validators.last_modified, now);
    EXPECT_EQ(got.body, content(0, length));
    EXPECT_EQ(got.use.revalidated, !in_full);
    settle();
    reopen();
    song_->failure = ErrorKind::connection_refused;
    got = get();
    EXPECT_EQ(got.what.content_type, in_full ? "audio/ogg" : "audio/flac") << "after a restart";
    song_->failure.reset();
    reopen();  // it would be spared for a while
  }
  song_->type_of_304.clear();
  EXPECT_EQ(get().what.content_type, "audio/flac") << "it did not say";
  EXPECT_EQ(song_->served, length);
}

// RFC 9211 §2.2.
TEST_F(RevalidationTest, WhyTheOriginWasAskedIsSaid) {
  song_->seed = 9;
  song_->what.validators.etag = http::EntityTag{"\"v2\"", false};
  Got got = get();
  EXPECT_EQ(got.body, content(0, length, 9));
  EXPECT_TRUE(got.use.outdated) << "it was stale, and is another one now";
  EXPECT_EQ(got.use.state, State::miss);
  settle();
  song_->answers_304 = false;
  EXPECT_TRUE(get().use.outdated) << "it was stale, and was sent once more";
  song_->answers_304 = true;
  EXPECT_FALSE(get().use.outdated) << "it is current";
  song_->what.caching.no_store = true;
  song_->seed = 10;
  song_->what.validators.etag = http::EntityTag{"\"v3\"", false};
  got = get();
  EXPECT_EQ(got.body, content(0, length, 10));
  EXPECT_TRUE(got.use.outdated) << "it was stale, and is not kept any more";
  EXPECT_FALSE(get().use.outdated) << "nothing is kept";
}

// What a first attempt has found out says nothing of what the second one serves.
TEST_F(RevalidationTest, AnAnswerThatIsBegunAnewIsNoRevalidatedOne) {
  forget();
  get(0, 2 * B - 1);
  settle();
  song_->before_describe = [this, asked = 0]() mutable {
    if (++asked != 2) return;  // the 304 was the first
    song_->seed = 9;
    song_->what.validators.etag = http::EntityTag{"\"v2\"", false};
    song_->what.caching.no_store = true;
  };
  const Got got = get(5 * B);
  EXPECT_EQ(got.body, content(5 * B, length, 9));
  EXPECT_EQ(got.use.state, State::miss);
  EXPECT_FALSE(got.use.revalidated);
  EXPECT_FALSE(got.use.age);
}

TEST_F(RevalidationTest, ARefusalIsNoReasonToServeWhatIsStale) {
  song_->failure = ErrorKind::origin_refused;
  for (int i = 0; i < 2; ++i) {
    const Got got = get();
    ASSERT_TRUE(got.error);
    EXPECT_EQ(got.error->kind, ErrorKind::origin_refused);
  }
  song_->failure = ErrorKind::destination_unavailable;
  EXPECT_TRUE(get().use.stale);
}

TEST_F(RevalidationTest, AnOriginThatHasAnsweredIsAskedAgain) {
  song_->failure = ErrorKind::destination_unavailable;
  EXPECT_TRUE(get(0, 0).use.stale);
  song_->failure.reset();
  forget();  // so that it is asked at once
  EXPECT_EQ(get().body, content(0, length));
  settle();
  song_->seed = 9;
  song_->what.validators.etag = http::EntityTag{"\"v2\"", false};
  EXPECT_EQ(get().body, content(0, length, 9));
}

TEST_F(RevalidationTest, WhoseResolverFailsIsServedStale) {
  song_->failure = ErrorKind::resolver_failed;
  EXPECT_TRUE(get().use.stale);
}

TEST_F(RevalidationTest, WhatIsForgottenMeanwhileIsFetchedAnew) {
  bool forgotten = false;
  song_->before_describe = [this, &forgotten, asked = 0]() mutable {
    if (++asked > 1) return;
    forget();
    forgotten = pieces().empty();
  };
  EXPECT_EQ(get().body, content(0, length));
  EXPECT_TRUE(forgotten);
  settle();
  EXPECT_EQ(get(B, 2 * B).body, content(B, 2 * B + 1));
  EXPECT_EQ(song_->served, 2 * length);
}

// What the origin says to a question of before may be of before, too.
TEST_F(RevalidationTest, WhatIsForgottenWhileItIsFirstAskedForIsNotKept) {
  for (const bool weak : {false, true}) {
    SCOPED_TRACE(weak);
    forget();
    song_->what.caching.max_age = std::chrono::seconds(3600);
    if (weak) song_->what.validators = {};
    song_->what.single_pass = weak;
    song_->before_describe = [this] { forget(); };
    const auto first = begin();
    const auto follower = begin();
    ASSERT_TRUE(run_until([&] { return first->ended && follower->ended; }));
    EXPECT_EQ(first->got.body, content(0, length));
    EXPECT_EQ(follower->got.body, content(0, length));
    song_->before_describe = nullptr;
    settle();
    EXPECT_TRUE(pieces().empty());
    EXPECT_EQ(get().use.state, State::miss);
  }
}

}  // namespace
}  // namespace tonearm::cache
