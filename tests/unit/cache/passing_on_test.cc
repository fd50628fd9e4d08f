#include "unit/cache/cache_fixture.h"

#include <boost/asio/detached.hpp>

namespace tonearm::cache {
namespace {

/// A listener who reads on while `wants` says so.
struct Listener {
  std::function<bool(const Listener&)> wants = [](const Listener&) { return true; };
  bool ended = false;
  std::string body;
  std::optional<Error> error;
};

io::Task<void> listen(source::Source& source, Listener& listener) {
  source::SourceRequest request;
  request.locator.value = "song.mp3";
  const auto resource = std::move(*source.open(request));
  const Result<http::Representation> what = co_await resource->describe({});
  const auto reader = resource->read(0, std::nullopt);
  io::asio::steady_timer::rebind_executor<io::Executor>::other timer(
      co_await io::asio::this_coro::executor);
  for (;;) {
    while (!listener.wants(listener)) {
      timer.expires_after(std::chrono::milliseconds(1));
      co_await timer.async_wait(io::use_task);
    }
    const Result<io::Chunk> chunk = co_await reader->read();
    if (!chunk) listener.error = chunk.error();
    if (!chunk || chunk->empty()) break;
    listener.body += bytes_of(*chunk);
  }
  listener.ended = true;
}

/// A song that comes once, whose end nobody knows: who reads it depends on one fill, and on what
/// lies on the disk of it.
class PassingOnTest : public CacheTest {
 protected:
  static constexpr std::uint64_t in_memory = 64 * B;
  static constexpr std::uint64_t length = 300 * B + 1234;

  static std::shared_ptr<ScriptedSong> an_endless_song() {
    auto song = std::make_shared<ScriptedSong>(0);
    song->what.validators = {};
    song->what.single_pass = true;
    song->what.length.reset();
    song->what.seekable = false;
    song->what.ranges = false;
    song->hidden_length = length;
    return song;
  }

  void start(Listener& listener) {
    io::asio::co_spawn(loop_, listen(*source_, listener), io::asio::detached);
  }
  /// One who has begun and reads no further than that.
  void start_slow() {
    slow_.wants = [this](const Listener& now) { return goes_on_ || now.body.size() < 2 * B; };
    start(slow_);
    ASSERT_TRUE(run_until([this] { return slow_.body.size() >= 2 * B; }));
  }
  /// Until the origin is asked for no more.
  void let_stand() {
    std::uint64_t served = 0;
    do {
      served = song_->served;
      loop_.restart();
      loop_.run_for(std::chrono::milliseconds(20));
    } while (song_->served != served);
  }
  /// The fast one goes on until it has to wait for the slow one, who then reads on.
  void expect_both_get_all() {
    ASSERT_TRUE(run_until([this] { return song_->served > in_memory; }));
    let_stand();
    EXPECT_FALSE(fast_.ended);
    goes_on_ = true;
    expect_all(fast_);
    expect_all(slow_);
    EXPECT_EQ(song_->described, 1);
  }
  void expect_all(const Listener& listener) {
    EXPECT_TRUE(run_until([&] { return listener.ended; }));
    EXPECT_FALSE(listener.error) << listener.error->detail;
    EXPECT_TRUE(listener.body == content(0, length)) << listener.body.size();
  }
  void TearDown() override {
    goes_on_ = true;
    CacheTest::TearDown();
    std::filesystem::remove_all(directory_ + "-away");
  }

  bool goes_on_ = false;
  Listener slow_;
  Listener fast_;
};

TEST_F(PassingOnTest, WhatOutgrowsTheCacheWaitsForWhoIsBehind) {
  options_.size = 80 * B;
  open(an_endless_song());
  start_slow();
  start(fast_);
  ASSERT_TRUE(run_until([this] { return song_->served > in_memory; }));
  let_stand();
  EXPECT_LE(song_->served, options_.size + in_memory + 4 * B);
  EXPECT_LE(cache_->statistics().bytes, options_.size);
  expect_both_get_all();
  settle();
  EXPECT_EQ(cache_->statistics().bytes, 0U);
}

TEST_F(PassingOnTest, ADiskThatTakesNothingMoreIsNoticedByNobody) {
  auto song = an_endless_song();
  song->before_read = [&, reads = 0]() mutable -> io::Task<void> {
    if (++reads == 60) std::filesystem::rename(directory_, directory_ + "-away");
    co_return;
  };
  open(song);
  start_slow();
  start(fast_);
  expect_both_get_all();
}

TEST_F(PassingOnTest, WhatIsForgottenMeanwhileIsStillHadByAllWhoReadIt) {
  auto song = an_endless_song();
  static const bool always = true;
  bool is_forgotten = false;
  int reads = 0;
  song->before_read = [&] { return wait_until(++reads < 60 ? always : is_forgotten); };
  open(song);
  start_slow();
  start(fast_);
  ASSERT_TRUE(run_until([&] { return reads == 60; }));
  test::run(loop_, source_->forget({Locator{Locator::Kind::plain, "song.mp3", {}}, false}));
  is_forgotten = true;
  expect_both_get_all();
}

TEST_F(PassingOnTest, WhoStandsStillIsWaitedForNoLongerThanAnOriginIs) {
  options_.size = 80 * B;
  options_.release_after = std::chrono::milliseconds(20);
  open(an_endless_song());
  start_slow();
  start(fast_);
  expect_all(fast_);
  goes_on_ = true;
  ASSERT_TRUE(run_until([this] { return slow_.ended; }));
  ASSERT_TRUE(slow_.error);
  EXPECT_EQ(slow_.error->kind, ErrorKind::representation_changed);
  EXPECT_TRUE(slow_.body == content(0, slow_.body.size()));
}

// A broadcast, of which somebody hears what others have heard a while ago.
TEST_F(PassingOnTest, TheDiskHoldsWhatLiesBetweenTwoWhoKeepTheirDistance) {
  constexpr std::uint64_t distance = 100 * B;
  options_.size = 200 * B;
  open(an_endless_song());
  std::size_t most_pieces = 0;
  std::uint64_t most_behind = 0;
  fast_.wants = [&](const Listener& now) { return now.body.size() < slow_.body.size() + distance; };
  slow_.wants = [&](const Listener& now) {
    most_pieces = std::max(most_pieces, pieces().size());
    most_behind = std::max(most_behind, fast_.body.size() - now.body.size());
    return fast_.ended || now.body.size() + distance - 4 * B < fast_.body.size();
  };
  start(fast_);
  start(slow_);
  expect_all(fast_);
  expect_all(slow_);
  EXPECT_EQ(song_->described, 1);
  EXPECT_GT(most_behind, in_memory);
  EXPECT_LE(most_pieces, 200 / 4);
  settle();
  EXPECT_TRUE(pieces().empty());
}

}  // namespace
}  // namespace tonearm::cache
