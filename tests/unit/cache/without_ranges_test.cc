#include "unit/cache/cache_fixture.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <limits>

namespace tonearm::cache {
namespace {

using State = source::CacheUse::State;
constexpr std::uint64_t everywhere = std::numeric_limits<std::uint64_t>::max();

/// The last `count` bytes; all of what has no length.
source::ReadIntent last_bytes(std::uint64_t count) {
  source::ReadIntent intent;
  intent.range = http::RangeSpec{std::nullopt, count};
  intent.parts = [count](const http::Representation& what) -> http::ByteRanges {
    if (!what.length) return {{0, everywhere}};
    return {{*what.length - count, *what.length}};
  };
  return intent;
}

/// As with If-None-Match: all of it, unless `etag` is the current one.
source::ReadIntent unless(const std::string& etag) {
  source::ReadIntent intent;
  intent.likely = false;
  intent.parts = [etag](const http::Representation& what) -> http::ByteRanges {
    if (what.validators.etag && what.validators.etag->opaque == etag) return {};
    return {{0, what.length.value_or(everywhere)}};
  };
  return intent;
}

source::ReadIntent head() {
  source::ReadIntent intent;
  intent.likely = false;
  intent.parts = [](const http::Representation&) { return http::ByteRanges{}; };
  return intent;
}

/// One request, from which all is read that it has planned.
io::Task<Got> ask(source::Source& source, source::ReadIntent intent) {
  Got got;
  source::SourceRequest request;
  request.locator.value = "song.mp3";
  const auto resource = std::move(*source.open(request));
  const Result<http::Representation> what = co_await resource->describe(intent);
  if (!what) {
    got.error = what.error();
    co_return got;
  }
  got.what = *what;
  for (const http::ByteRange& part : intent.parts(*what)) {
    std::optional<std::uint64_t> end;
    if (what->length) end = part.end;
    const auto reader = resource->read(part.first, end);
    for (;;) {
      const Result<io::Chunk> chunk = co_await reader->read();
      if (!chunk) got.error = chunk.error();
      if (!chunk || chunk->empty()) break;
      got.body += bytes_of(*chunk);
    }
  }
  got.use = resource->cache_use();
  got.origin = resource->origin_use();
  co_return got;
}

/// Songs of an origin that answers whatever it is asked for with all there is.
class WithoutRangesTest : public CacheTest {
 protected:
  static constexpr std::uint64_t length = 40 * B + 1234;

  static std::shared_ptr<ScriptedSong> a_song() {
    auto song = std::make_shared<ScriptedSong>(length);
    song->what.ranges = false;
    return song;
  }
  static std::shared_ptr<ScriptedSong> a_weak_song() {
    auto song = a_song();
    song->what.validators = {};
    song->what.single_pass = true;
    return song;
  }
  static std::shared_ptr<ScriptedSong> an_endless_song() {
    auto song = a_weak_song();
    song->what.length.reset();
    song->what.seekable = false;
    song->hidden_length = length;
    return song;
  }

  Got ask_for(source::ReadIntent intent) {
    return test::run(loop_, ask(*source_, std::move(intent)));
  }
  std::shared_ptr<Running> begin_to_ask(source::ReadIntent intent) {
    auto running = std::make_shared<Running>();
    io::asio::co_spawn(loop_, ask(*source_, std::move(intent)),
                       [running](const std::exception_ptr&, Got got) {
                         running->got = std::move(got);
                         running->ended = true;
                       });
    return running;
  }
  void expect_bodies(const std::vector<std::shared_ptr<Running>>& all, const std::string& body) {
    EXPECT_TRUE(run_until([&] {
      return std::all_of(all.begin(), all.end(), [](const auto& one) { return one->ended; });
    }));
    for (const auto& one : all) {
      EXPECT_FALSE(one->got.error) << one->got.error->detail;
      EXPECT_TRUE(one->got.body == body) << one->got.body.size();
    }
  }
};

TEST_F(WithoutRangesTest, ManyWhoWantItsEndCostOneFetch) {
  for (const auto& song : {a_song(), a_weak_song(), an_endless_song()}) {
    open(song);
    std::vector<std::shared_ptr<Running>> all;
    for (int i = 0; i < 40; ++i) all.push_back(begin_to_ask(last_bytes(2 * B)));
    expect_bodies(all, content(song->what.length ? length - 2 * B : 0, length));
    EXPECT_EQ(song->described, 1);
    EXPECT_EQ(song->served, length);
    std::uint64_t charged = 0;
    for (const auto& one : all) charged += one->got.origin.bytes;
    EXPECT_EQ(charged, length);
    // Whichever of them it was that asked.
    EXPECT_TRUE(std::any_of(all.begin(), all.end(),
                            [](const auto& one) { return one->got.use.state == State::miss; }));
    TearDown();
    SetUp();
  }
}

TEST_F(WithoutRangesTest, ItsEndIsKeptForTheNextOne) {
  open(a_song());
  for (const State state : {State::miss, State::hit, State::hit}) {
    const Got got = ask_for(last_bytes(128));
    EXPECT_EQ(got.body, content(length - 128, length));
    EXPECT_EQ(got.use.state, state);
    settle();
  }
  EXPECT_EQ(song_->described, 1);
  EXPECT_EQ(get().use.state, State::hit);
}

TEST_F(WithoutRangesTest, WhoHasAnOldOneSharesTheNewOne) {
  open(a_song());
  std::vector<std::shared_ptr<Running>> all;
  for (int i = 0; i < 10; ++i) all.push_back(begin_to_ask(unless("\"v0\"")));
  expect_bodies(all, content(0, length));
  settle();
  EXPECT_EQ(ask_for(unless("\"v0\"")).use.state, State::hit);
  EXPECT_EQ(song_->described, 1);
  EXPECT_EQ(song_->served, length);
}

TEST_F(WithoutRangesTest, WhoReadsNothingFetchesNothing) {
  open(a_song());
  for (const auto& intent : {unless("\"v1\""), head()}) {
    EXPECT_EQ(ask_for(intent).body, "");
    settle();
  }
  EXPECT_EQ(song_->served, 0U);
  EXPECT_TRUE(pieces().empty());
}

// The first of those who read makes the next visit.
TEST_F(WithoutRangesTest, WhoWaitsForOneWhoReadsNothingSharesWithTheOthers) {
  for (const auto& first : {unless("\"v1\""), head()}) {
    auto song = a_song();
    bool may_answer = false;
    song->before_answer = [&] { return wait_until(may_answer); };
    open(song);
    const auto nothing = begin_to_ask(first);
    ASSERT_TRUE(run_until([&] { return song->described == 1; }));
    std::vector<std::shared_ptr<Running>> all;
    for (int i = 0; i < 10; ++i) all.push_back(begin_to_ask(last_bytes(2 * B)));
    loop_.poll();  // all wait for that visit
    may_answer = true;
    expect_bodies(all, content(length - 2 * B, length));
    EXPECT_TRUE(nothing->ended);
    EXPECT_EQ(song_->described, 2);
    EXPECT_EQ(song_->served, length);
    TearDown();
    SetUp();
  }
}

TEST_F(WithoutRangesTest, WhoAskedFirstMayLeave) {
  struct Row {
    source::ReadIntent intent;
    std::string body;
    int described;
  };
  const std::vector<Row> rows{{last_bytes(2 * B), content(length - 2 * B, length), 1},
                              {unless("\"v0\""), content(0, length), 2}};
  for (const Row& row : rows) {
    auto song = a_song();
    bool may_answer = false;
    song->before_answer = [&] { return wait_until(may_answer); };
    open(song);
    io::asio::cancellation_signal leaves;
    bool has_left = false;
    io::asio::co_spawn(
        loop_, ask(*source_, row.intent),
        io::asio::bind_cancellation_slot(
            leaves.slot(), [&](const std::exception_ptr&, const Got&) { has_left = true; }));
    ASSERT_TRUE(run_until([&] { return song->described == 1; }));
    std::vector<std::shared_ptr<Running>> all;
    for (int i = 0; i < 10; ++i) all.push_back(begin_to_ask(row.intent));
    leaves.emit(io::asio::cancellation_type::terminal);
    ASSERT_TRUE(run_until([&] { return has_left; }));
    may_answer = true;
    expect_bodies(all, row.body);
    EXPECT_EQ(song->described, row.described);
    EXPECT_EQ(song->served, length);
    TearDown();
    SetUp();
  }
}

TEST_F(WithoutRangesTest, WhoLeavesLetsItEndWithItsSlice) {
  auto song = a_song();
  bool flows = false;
  bool is_read = false;
  song->before_read = [&] {
    is_read = true;
    return wait_until(flows);
  };
  open(song);
  io::asio::cancellation_signal leaves;
  bool has_left = false;
  io::asio::co_spawn(
      loop_, ask(*source_, last_bytes(128)),
      io::asio::bind_cancellation_slot(
          leaves.slot(), [&](const std::exception_ptr&, const Got&) { has_left = true; }));
  ASSERT_TRUE(run_until([&] { return is_read; }));
  leaves.emit(io::asio::cancellation_type::terminal);
  ASSERT_TRUE(run_until([&] { return has_left; }));
  flows = true;
  settle();
  EXPECT_EQ(song->served, options_.slice);
  EXPECT_EQ(ask_for(last_bytes(128)).body, content(length - 128, length));
}

TEST_F(WithoutRangesTest, WhatMustNotBeKeptIsHandedBack) {
  auto song = a_song();
  song->what.caching.no_store = true;
  open(song);
  for (const auto& intent : {last_bytes(B), unless("\"v0\"")}) {
    const Got got = ask_for(intent);
    EXPECT_EQ(got.body, content(intent.range ? length - B : 0, length));
    EXPECT_EQ(got.use.state, State::miss);
    settle();
  }
  EXPECT_TRUE(pieces().empty());
  EXPECT_EQ(song->described, 2);
}

TEST_F(WithoutRangesTest, AnotherVersionThanTheKeptOneIsKeptAnew) {
  auto song = a_song();
  song->what.caching.max_age = std::chrono::seconds(0);
  open(song);
  get();
  settle();
  EXPECT_EQ(ask_for(last_bytes(B)).body, content(length - B, length));
  EXPECT_EQ(song->served, length);
  song->seed = 9;
  song->what.validators.etag = http::EntityTag{"\"v2\"", false};
  song->what.caching.max_age = std::chrono::seconds(3600);
  EXPECT_EQ(ask_for(last_bytes(B)).body, content(length - B, length, 9));
  settle();
  EXPECT_EQ(ask_for(unless("\"v1\"")).body, content(0, length, 9));
  EXPECT_EQ(song->served, 2 * length);
}

TEST_F(WithoutRangesTest, WhereThereAreRangesTheEndCostsItsOwnBytesOnly) {
  for (const bool weak : {false, true}) {
    auto song = weak ? a_weak_song() : a_song();
    song->what.ranges = true;
    open(song);
    EXPECT_EQ(ask_for(last_bytes(128)).body, content(length - 128, length));
    settle();
    EXPECT_EQ(song->served, weak ? 128U : 1234U);
    TearDown();
    SetUp();
  }
}

}  // namespace
}  // namespace tonearm::cache
