#include "unit/cache/cache_fixture.h"

namespace tonearm::cache {
namespace {

/// A song that is identified, and whose first answer stands still behind its first bytes.
class SlowFillTest : public CacheTest {
 protected:
  static constexpr std::uint64_t length = 40 * B;

  void SetUp() override {
    CacheTest::SetUp();
    options_.read_ahead = length;
    options_.lively = std::chrono::milliseconds(100);
  }
  /// So many fills go on.
  void settle_down_to(std::size_t fills) {
    ASSERT_TRUE(run_until([&] { return cache_->statistics().running_fills == fills; }));
  }
  io::Task<Got> fetch_parts(http::ByteRanges parts) {
    Got got;
    source::SourceRequest request;
    request.locator.value = "song.mp3";
    const auto resource = std::move(*source_->open(request));
    source::ReadIntent intent;
    intent.range = http::RangeSpec{parts.front().first, parts.front().end - 1};
    intent.several = true;
    intent.parts = [&](const http::Representation&) { return parts; };
    const auto what = co_await resource->describe(intent);
    if (!what) {
      got.error = what.error();
      co_return got;
    }
    for (const http::ByteRange& part : parts) {
      const auto reader = resource->read(part.first, part.end);
      co_await read_all(*reader, got);
      if (got.error) co_return got;
    }
    co_return got;
  }
  /// One request for two ranges that runs while the test does something else.
  std::shared_ptr<Running> begin_parts(http::ByteRange one, http::ByteRange other) {
    return begin(fetch_parts({one, other}));
  }
  /// Its first answer has come so far, and its listener waits.
  std::shared_ptr<Running> begin_slow_song() {
    open(std::make_shared<ScriptedSong>(length));
    song_->before_read = [this] {
      static const bool always = true;
      const bool first_answer = song_->described == 1;
      return wait_until(first_answer && ++reads_ > 2 ? goes_on_ : always);
    };
    const auto first = begin();
    EXPECT_TRUE(run_until([&] { return reads_ == 3; }));
    return first;
  }
  void let_go_on(const std::vector<std::shared_ptr<Running>>& listeners) {
    goes_on_ = true;
    for (const auto& listener : listeners) {
      ASSERT_TRUE(run_until([&] { return listener->ended; }));
    }
  }

  int reads_ = 0;
  bool goes_on_ = false;
  bool answers_ = false;
};

TEST_F(SlowFillTest, IsNotWaitedForByOneWhoSeeksAhead) {
  const auto first = begin_slow_song();
  const auto second = begin(10 * B + 5, 12 * B);
  ASSERT_TRUE(run_until([&] { return second->ended; }));
  EXPECT_EQ(second->got.body, content(10 * B + 5, 12 * B + 1));
  EXPECT_EQ(song_->described, 2);
  const auto third = begin(11 * B, 12 * B);
  ASSERT_TRUE(run_until([&] { return third->ended; }));
  EXPECT_EQ(song_->described, 2) << "what the second has fetched is for all";
  let_go_on({first});
  EXPECT_EQ(first->got.body, content(0, length));
  EXPECT_EQ(song_->served, length);
}

// The head is out long since, and the second part is expected of another's fill.
TEST_F(SlowFillTest, IsNotWaitedForByOneWhoComesToIt) {
  const auto first = begin_slow_song();
  const auto second = begin_parts({0, 100}, {10 * B, 13 * B});
  ASSERT_TRUE(run_until([&] { return second->ended; }));
  EXPECT_EQ(second->got.body, content(0, 100) + content(10 * B, 13 * B));
  let_go_on({first});
  EXPECT_EQ(first->got.body, content(0, length));
  EXPECT_EQ(song_->served, length);
}

// It answers one question at a time, and still brings the byte.
TEST_F(SlowFillTest, IsGoneBackToWhereItsOriginRefusesAnother) {
  const auto first = begin_slow_song();
  song_->failure = ErrorKind::origin_refused;
  const auto second = begin(10 * B, 13 * B - 1);
  const auto third = begin_parts({0, 100}, {20 * B, 21 * B});
  ASSERT_TRUE(run_until([&] { return song_->described == 3; }));
  settle_down_to(1);
  EXPECT_FALSE(second->ended || third->ended);
  let_go_on({first, second, third});
  EXPECT_EQ(first->got.body, content(0, length));
  EXPECT_EQ(second->got.body, content(10 * B, 13 * B));
  EXPECT_EQ(third->got.body, content(0, 100) + content(20 * B, 21 * B));
  EXPECT_EQ(song_->described, 3) << "it is not asked again and again";
  EXPECT_EQ(song_->served, length);
}

// Another has brought a block before the one that is waited for, and it ends there.
TEST_F(SlowFillTest, IsTheOriginsDelayWhereItEndsBeforeTheByteAndTheTimeIsOver) {
  options_.first_byte_timeout = std::chrono::milliseconds(0);
  const auto first = begin_slow_song();
  song_->failure = ErrorKind::origin_refused;
  const auto second = begin(10 * B, 13 * B - 1);
  ASSERT_TRUE(run_until([&] { return song_->described == 2; }));
  settle_down_to(1);
  song_->failure.reset();
  const auto third = begin(5 * B, 6 * B - 1);
  ASSERT_TRUE(run_until([&] { return third->ended; }));
  settle_down_to(1);
  song_->before_answer = [this] { return wait_until(answers_); };
  let_go_on({second});
  ASSERT_TRUE(second->got.error);
  EXPECT_EQ(second->got.error->kind, ErrorKind::http_response_timeout);
  answers_ = true;
  let_go_on({first});
  EXPECT_EQ(first->got.body, content(0, length));
}

// Each of them would wait for another's block, whose origin may be as slow.
TEST_F(SlowFillTest, IsLeftByEachWhoSeeksAheadForHisOwnBlock) {
  const auto first = begin_slow_song();
  song_->before_answer = [this] { return wait_until(answers_); };
  std::vector<std::shared_ptr<Running>> seekers;
  for (std::uint64_t block = 5; block < 9; ++block) {
    seekers.push_back(begin(block * B + 5, block * B + 9));
  }
  EXPECT_TRUE(run_until([&] { return song_->described == 5; }));
  answers_ = true;
  for (const auto& seeker : seekers) ASSERT_TRUE(run_until([&] { return seeker->ended; }));
  let_go_on({first});
  EXPECT_EQ(first->got.body, content(0, length));
  EXPECT_EQ(song_->served, length);
}

// The second question is never answered, and the first still brings the byte.
TEST_F(SlowFillTest, IsListenedToWhileAnotherIsAsked) {
  const auto first = begin_slow_song();
  song_->before_answer = [this] { return wait_until(answers_); };
  const auto second = begin(10 * B, 13 * B - 1);
  const auto third = begin_parts({0, 100}, {20 * B, 21 * B});
  ASSERT_TRUE(run_until([&] { return song_->described == 3; }));
  let_go_on({first, second, third});
  EXPECT_EQ(second->got.body, content(10 * B, 13 * B));
  EXPECT_EQ(third->got.body, content(0, 100) + content(20 * B, 21 * B));
  EXPECT_EQ(song_->served, length);
  answers_ = true;
}

// What another has fetched by then is on disk, and behind it the slow fill is as slow as before.
TEST_F(SlowFillTest, IsLeftAgainBehindWhatIsKept) {
  const auto first = begin_slow_song();
  const auto second = begin(10 * B, 11 * B - 1);
  const auto third = begin(10 * B, 13 * B - 1);
  ASSERT_TRUE(run_until([&] { return second->ended && third->ended; }));
  EXPECT_EQ(third->got.body, content(10 * B, 13 * B));
  let_go_on({first});
  EXPECT_EQ(first->got.body, content(0, length));
}

// Of the next block another answer would come no sooner.
TEST_F(SlowFillTest, IsWaitedForByTheListenersWhoAreThere) {
  std::vector<std::shared_ptr<Running>> listeners{begin_slow_song()};
  for (int i = 0; i < 2; ++i) listeners.push_back(begin());
  const auto later = std::chrono::steady_clock::now() + 3 * options_.lively;
  ASSERT_TRUE(run_until([&] { return std::chrono::steady_clock::now() > later; }));
  EXPECT_EQ(song_->described, 1);
  let_go_on(listeners);
  for (const auto& listener : listeners) {
    EXPECT_EQ(listener->got.body, content(0, length));
  }
  EXPECT_EQ(song_->served, length);
}

}  // namespace
}  // namespace tonearm::cache
