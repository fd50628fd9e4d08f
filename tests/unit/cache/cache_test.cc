#include "unit/cache/cache_fixture.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

namespace tonearm::cache {
namespace {

using State = source::CacheUse::State;
constexpr std::uint64_t B = block_size;
constexpr std::uint64_t length = 9 * B + 1234;  // three slices of four blocks, the last one short

std::shared_ptr<ScriptedSong> a_song(std::uint64_t size = length) {
  return std::make_shared<ScriptedSong>(size);
}

TEST_F(CacheTest, TheSecondPlayingCostsTheOriginNothing) {
  open(a_song());
  Got got = get();
  EXPECT_EQ(got.body, content(0, length));
  EXPECT_EQ(got.use.state, State::miss);
  EXPECT_EQ(got.origin.bytes, length);
  settle();
  got = get();
  EXPECT_EQ(got.body, content(0, length));
  EXPECT_EQ(got.use.state, State::hit);
  EXPECT_TRUE(got.use.age);
  EXPECT_EQ(got.origin.bytes, 0U);
  EXPECT_EQ(song_->served, length);
  EXPECT_EQ(song_->described, 1);
}

TEST_F(CacheTest, AnySizeAtTheBoundaries) {
  for (const std::uint64_t size :
       {std::uint64_t{1}, B - 1, B, B + 1, 4 * B - 1, 4 * B, 4 * B + 1, 8 * B, 8 * B + 1}) {
    SCOPED_TRACE(size);
    open(a_song(size));
    test::run(loop_,
              cache_->forget(key_of(Locator{Locator::Kind::plain, "song.mp3", {}}, "scope")));
    EXPECT_EQ(get().body, content(0, size));
    settle();
    EXPECT_EQ(get().body, content(0, size));
    EXPECT_EQ(get(size - 1).body, content(size - 1, size));
    EXPECT_EQ(song_->served, size);
    close();
  }
}

TEST_F(CacheTest, AnEmptySongIsKnownToBeEmpty) {
  open(a_song(0));
  EXPECT_EQ(get().body, "");
  EXPECT_EQ(get().what.length, 0U);
  EXPECT_EQ(song_->served, 0U);
}

TEST_F(CacheTest, AnEmptySongIsNotEmptyForEver) {
  for (const bool ranges : {true, false}) {
    auto song = a_song(0);
    song->what.caching.max_age = std::chrono::seconds(0);
    song->what.validators.etag = http::EntityTag{"\"v1\"", true};
    song->what.single_pass = true;
    song->what.ranges = ranges;
    open(song);
    EXPECT_EQ(get().body, "");
    song->what.length = length;
    song->what.validators.etag = http::EntityTag{"\"v2\"", true};
    EXPECT_EQ(get().body, content(0, length));
    TearDown();
    SetUp();
  }
}

TEST_F(CacheTest, AColdRangeCostsItsBlocks) {
  open(a_song());
  EXPECT_EQ(get(5 * B + 7, 5 * B + 9).body, content(5 * B + 7, 5 * B + 10));
  settle();
  EXPECT_EQ(song_->served, B);
  EXPECT_EQ(get(5 * B, 6 * B - 1).use.state, State::hit);
  EXPECT_EQ(song_->served, B);
}

TEST_F(CacheTest, AnyRangeOverKeptAndMissingBlocks) {
  open(a_song());
  for (const std::uint64_t block : {1U, 2U, 6U, 9U}) get(block * B, block * B);
  settle();
  const std::uint64_t before = song_->served;
  EXPECT_EQ(before, 3 * B + 1234);
  Got got = get(B + 5, 8 * B + 5);
  EXPECT_EQ(got.body, content(B + 5, 8 * B + 6));
  EXPECT_EQ(got.use.state, State::partial);
  settle();
  EXPECT_EQ(song_->served - before, 5 * B);  // 3, 4, 5 and 7, 8
  EXPECT_EQ(get().body, content(0, length));
  settle();
  EXPECT_EQ(song_->served, length);
}

TEST_F(CacheTest, ManyReadersOfOneColdSongCostOneFetch) {
  open(a_song(40 * B));
  std::vector<Got> all(50);
  int running = static_cast<int>(all.size());
  for (Got& got : all) {
    io::asio::co_spawn(loop_, fetch(*source_), [&](std::exception_ptr, Got result) {
      got = std::move(result);
      --running;
    });
  }
  while (running > 0) loop_.run_one();
  for (const Got& got : all) EXPECT_EQ(got.body, content(0, 40 * B));
  EXPECT_EQ(song_->served, 40 * B);
  EXPECT_EQ(song_->described, 1);
}

// Its visit to the origin is one that others wait for.
TEST_F(CacheTest, ARequestThatIsCancelledAtAnyStepLeavesTheSongToOthers) {
  for (int steps = 1; steps < 30; ++steps) {
    open(a_song());
    io::asio::cancellation_signal client;
    bool ended = false;
    io::asio::co_spawn(
        loop_, fetch(*source_),
        io::asio::bind_cancellation_slot(
            client.slot(), [&](const std::exception_ptr&, const Got&) { ended = true; }));
    loop_.restart();
    for (int i = 0; i < steps && !ended; ++i) loop_.run_one();
    client.emit(io::asio::cancellation_type::terminal);
    while (!ended) loop_.run_one();
    std::optional<Got> got;
    io::asio::co_spawn(loop_, fetch(*source_),
                       [&](const std::exception_ptr&, Got what) { got = std::move(what); });
    ASSERT_TRUE(run_until([&] { return got.has_value(); }))
        << "it waits for a visit that nobody makes, after step " << steps;
    EXPECT_EQ(got->body, content(0, length)) << steps;
    TearDown();
    SetUp();
  }
}

// A bug, wherever: logged, and an answer for everybody who waits.
TEST_F(CacheTest, AFillThatThrowsIsAFaultOfOurs) {
  open(a_song());
  song_->before_describe = [] { throw std::logic_error("scripted"); };
  Got got = get();
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::internal);
  song_->before_describe = nullptr;
  song_->before_read = []() -> io::Task<void> {
    throw std::logic_error("scripted");
    co_return;
  };
  got = get();
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::internal);
  song_->before_read = nullptr;
  EXPECT_EQ(get().body, content(0, length));
}

TEST_F(CacheTest, AnAnswerThatBrokeBeforeAByteWasSentIsBegunAnew) {
  for (const bool known : {true, false}) {
    auto song = a_song();
    song->what.validators = {};
    song->what.single_pass = true;
    song->what.ranges = false;
    song->hidden_length = length;
    if (!known) song->what.length.reset();
    song->breaks_at = known ? 2 * B : 0;
    song->before_describe = [of = song.get()] {
      if (of->described > 1) of->breaks_at.reset();
    };
    open(song);
    const Got got = known ? get(5 * B, 6 * B - 1) : get();
    EXPECT_FALSE(got.error) << got.error->detail;
    EXPECT_EQ(got.body, known ? content(5 * B, 6 * B) : content(0, length));
    TearDown();
    SetUp();
  }
}

// The origin has been tried as often, or has had the time, that a head may take.
TEST_F(CacheTest, WhoHasWaitedForAFirstByteInVainDoesNotWaitAnew) {
  for (const bool ranges : {true, false}) {
    options_.first_byte_timeout = std::chrono::milliseconds(ranges ? 10'000 : 0);
    auto song = a_song();
    song->what.ranges = ranges;
    song->breaks_at = 0;
    bool breaks = false;
    bool reads = false;
    song->before_read = [&] {
      reads = true;
      return wait_until(breaks);
    };
    open(song);
    const auto waiting = begin();
    ASSERT_TRUE(run_until([&] { return reads; }));
    breaks = true;
    ASSERT_TRUE(run_until([&] { return waiting->ended; }));
    EXPECT_TRUE(waiting->got.error);
    EXPECT_EQ(song->described, 1);
    TearDown();
    SetUp();
  }
}

TEST_F(CacheTest, AChangedSongStartsAnew) {
  auto song = a_song();
  song->what.caching.max_age = std::chrono::seconds(0);
  open(song);
  EXPECT_EQ(get().body, content(0, length));
  settle();
  song->seed = 9;
  song->what.validators.etag = http::EntityTag{"\"v2\"", false};
  EXPECT_EQ(get().body, content(0, length, 9));
  settle();
  EXPECT_EQ(get(B, 2 * B).body, content(B, 2 * B + 1, 9));
}

TEST_F(CacheTest, AChangeThatShowsOnlyInTheMiddleIsNeverSpliced) {
  open(a_song());
  get(0, 2 * B - 1);
  settle();
  song_->seed = 9;
  song_->what.validators.etag = http::EntityTag{"\"v2\"", false};
  const Got got = get();
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::representation_changed);
  EXPECT_EQ(got.body, content(0, 2 * B));
  settle();
  EXPECT_EQ(get().body, content(0, length, 9));
}

// Of who waits for a byte of somebody else's fill no head is out.
TEST_F(CacheTest, AChangeThatShowsBeforeTheFirstWantedByteIsBegunAnew) {
  open(a_song());
  bool flows = true;
  song_->before_read = [&] {
    flows = flows && song_->served < B;
    return wait_until(flows);
  };
  const auto first = begin(0);
  ASSERT_TRUE(run_until([&] { return !flows; }));
  const auto second = begin(4 * B, 5 * B - 1);
  ASSERT_TRUE(run_until([&] { return cache_->statistics().followers == 1; }));
  song_->seed = 9;
  song_->what.validators.etag = http::EntityTag{"\"v2\"", false};
  song_->before_read = nullptr;
  flows = true;
  ASSERT_TRUE(run_until([&] { return first->ended && second->ended; }));
  ASSERT_TRUE(first->got.error);
  EXPECT_EQ(first->got.error->kind, ErrorKind::representation_changed);
  EXPECT_FALSE(second->got.error);
  EXPECT_EQ(second->got.what.validators, song_->what.validators);
  EXPECT_EQ(second->got.body, content(4 * B, 5 * B, 9));
}

TEST_F(CacheTest, AStaleSongIsRevalidated) {
  auto song = a_song();
  song->what.caching.max_age = std::chrono::seconds(0);
  open(song);
  get();
  settle();
  const Got got = get();
  EXPECT_EQ(got.body, content(0, length));
  EXPECT_TRUE(got.use.revalidated);
  EXPECT_EQ(got.use.state, State::hit);
  EXPECT_EQ(song->served, length);
  EXPECT_EQ(song->conditional, 1);
}

TEST_F(CacheTest, WhatMustBeRevalidatedIsNotTakenForFreshByAGuess) {
  auto song = a_song();
  song->what.caching.max_age.reset();
  song->what.caching.must_revalidate = true;
  open(song);
  get();
  settle();
  EXPECT_TRUE(get().use.revalidated);
  EXPECT_EQ(song->served, length);
}

TEST_F(CacheTest, AFailingOriginIsSpared) {
  auto song = a_song();
  song->what.caching.max_age = std::chrono::seconds(0);
  open(song);
  get();
  settle();
  song->failure = ErrorKind::connection_refused;
  for (int i = 0; i < 3; ++i) {
    const Got got = get();
    EXPECT_EQ(got.body, content(0, length));
    EXPECT_TRUE(got.use.stale);
  }
  EXPECT_EQ(song->described, 2);
}

TEST_F(CacheTest, MustRevalidateIsNotServedStale) {
  auto song = a_song();
  song->what.caching.max_age = std::chrono::seconds(0);
  song->what.caching.must_revalidate = true;
  open(song);
  get();
  settle();
  song->failure = ErrorKind::connection_refused;
  const Got got = get();
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::connection_refused);
}

TEST_F(CacheTest, AMissingSongIsRememberedForAWhile) {
  auto song = a_song();
  song->failure = ErrorKind::destination_not_found;
  open(song);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get().error->kind, ErrorKind::destination_not_found);
  EXPECT_EQ(song->described, 1);
}

TEST_F(CacheTest, AMissingSongIsNotRememberedAgainstTheOriginsWill) {
  auto song = a_song();
  song->failure = ErrorKind::destination_not_found;
  song->no_store_of_failure = true;
  open(song);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get().error->kind, ErrorKind::destination_not_found);
  EXPECT_EQ(song->described, 3);
  song->failure.reset();
  EXPECT_EQ(get().body, content(0, length));
}

TEST_F(CacheTest, WhatMustNotBeKeptIsNot) {
  auto song = a_song();
  song->what.caching.no_store = true;
  open(song);
  for (int i = 1; i < 4; ++i) {
    const Got got = get();
    EXPECT_EQ(got.body, content(0, length));
    EXPECT_EQ(got.use.state, State::miss);
    EXPECT_EQ(song->described, i);
  }
  EXPECT_TRUE(pieces().empty());
}

TEST_F(CacheTest, WhatIsReadDirectlyKnowsItsTaker) {
  struct : io::Taker {
    std::uint64_t taken() override { return 0; }
  } taker;
  auto song = std::make_shared<ScriptedSong>(5 * B);
  open(song);
  test::run(loop_, fetch(*source_, {}, {}, &taker));
  settle();
  EXPECT_EQ(song->taker, nullptr) << "a fill reads for all who come";
  auto secret = std::make_shared<ScriptedSong>(5 * B);
  secret->what.caching.no_store = true;
  close();
  std::filesystem::remove_all(directory_);
  open(secret);
  for (const char* how : {"handed over", "opened anew"}) {
    secret->taker = nullptr;
    test::run(loop_, fetch(*source_, {}, {}, &taker));
    EXPECT_EQ(secret->taker, &taker) << how;
  }
}

TEST_F(CacheTest, ABodyOfUnknownLengthIsSeekableOnceItIsIn) {
  auto song = a_song();
  song->what.length.reset();
  song->what.seekable = false;
  song->what.single_pass = true;
  song->what.ranges = false;
  song->what.validators = {};
  open(song);
  const std::uint64_t size = song->hidden_length;
  Got got = get();
  EXPECT_EQ(got.body, content(0, size));
  EXPECT_FALSE(got.what.seekable);
  settle();
  got = get(7, 99);
  EXPECT_EQ(got.body, content(7, 100));
  EXPECT_EQ(got.what.length, size);
  EXPECT_TRUE(got.what.seekable);
  reopen();
  EXPECT_EQ(get(size - 5).body, content(size - 5, size));
  EXPECT_EQ(song->served, size);
}

TEST_F(CacheTest, WhatNothingIdentifiesIsKeptOnlyWhole) {
  auto song = a_song();
  song->what.validators = {};
  song->what.single_pass = true;
  open(song);
  EXPECT_EQ(get(B, 2 * B - 1).body, content(B, 2 * B));
  settle();
  EXPECT_TRUE(pieces().empty());
  EXPECT_EQ(get().body, content(0, length));
  settle();
  const std::uint64_t before = song->served;
  EXPECT_EQ(get(B, 2 * B - 1).body, content(B, 2 * B));
  EXPECT_EQ(song->served, before);
  // Stale, it cannot be told from another one: fetched anew.
  song->breaks_at = 3 * B;
  test::run(loop_, cache_->forget(key_of(Locator{Locator::Kind::plain, "song.mp3", {}}, "scope")));
  EXPECT_TRUE(get().error);
  settle();
  EXPECT_TRUE(pieces().empty());
}

// A second that saw two versions: Last-Modified, and all else that is weak, is equal.
TEST_F(CacheTest, WhatIsKeptWholeIsNoProofOfWhatTheOriginHas) {
  auto song = a_song();
  song->what.validators = {};
  song->what.validators.last_modified = http::HttpTime(std::chrono::seconds(1'000'000));
  song->what.single_pass = true;
  song->what.caching.max_age = std::chrono::seconds(0);
  open(song);
  EXPECT_EQ(get().body, content(0, length));
  settle();
  // It knows conditional requests, and would say 304.
  song->seed = 9;
  EXPECT_EQ(get().body, content(0, length, 9)) << "in the same second";
  settle();
  song->seed = 10;
  song->what.validators.last_modified_is_strong = true;
  song->what.single_pass = false;
  EXPECT_EQ(get().body, content(0, length, 10)) << "later";
  settle();
  EXPECT_EQ(song->conditional, 0);
  EXPECT_EQ(get(B, 2 * B).body, content(B, 2 * B + 1, 10));
  EXPECT_EQ(song->conditional, 1) << "now it is proven";
}

TEST_F(CacheTest, ABrokenFillIsTheReadersError) {
  auto song = a_song();
  song->breaks_at = 5 * B;
  open(song);
  const Got got = get();
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::http_response_incomplete);
  EXPECT_EQ(got.body, content(0, 5 * B));
  settle();
  song->breaks_at.reset();
  EXPECT_EQ(get().body, content(0, length));
  EXPECT_EQ(song->served, length);
}

TEST_F(CacheTest, AnOriginThatIsAwayIsAskedOnceForWhatIsMissingAndThereIsNoHead) {
  open(a_song());
  get(0, 2 * B - 1);
  settle();
  song_->failure = ErrorKind::connection_refused;
  const int described = song_->described;
  const Got got = get(5 * B);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::connection_refused);
  EXPECT_FALSE(got.what.length);
  EXPECT_EQ(song_->described, described + 1);
}

TEST_F(CacheTest, AForgottenSongIsFetchedAnew) {
  open(a_song());
  get();
  settle();
  test::run(loop_, source_->forget({Locator{Locator::Kind::plain, "song.mp3", {}}, false}));
  EXPECT_TRUE(pieces().empty());
  EXPECT_EQ(get().body, content(0, length));
  EXPECT_EQ(song_->served, 2 * length);
}

}  // namespace
}  // namespace tonearm::cache
