#include "cache/fill.h"

#include "cache/file.h"
#include "unit/cache/cache_fixture.h"

#include <boost/asio/detached.hpp>

#include <sys/resource.h>

#include <future>
#include <utility>

namespace tonearm::cache {
namespace {

class FillTest : public CacheTest {
 protected:
  /// Its first block is kept; until `released`, nothing more is written or read on the pool.
  void open_with_busy_pool(std::uint64_t size, const std::shared_future<bool>& released) {
    open(std::make_shared<ScriptedSong>(size));
    get(0, B - 1);
    settle();
    for (int i = 0; i < 64; ++i) {  // more than it has threads
      io::asio::co_spawn(loop_, cache_->store().pool().run([released] { return released.get(); }),
                         io::asio::detached);
    }
    let_run();
  }
};

// The limit comes while its last bytes are on their way: it ends in the middle of a block.
TEST_F(FillTest, OneThatIsLimitedInMidReadKeepsWholeBlocksOnly) {
  constexpr std::uint64_t size = 40 * B;
  options_.read_ahead = 0;
  auto song = std::make_shared<ScriptedSong>(size);
  song->piece = 8 * B + 100;  // more at a time than is read ahead
  bool may_go = false;
  int reads = 0;
  song->before_read = [&] {
    static const bool always = true;
    return wait_until(++reads == 1 ? may_go : always);
  };
  open(song);
  const auto first = begin();
  ASSERT_TRUE(run_until([&] { return reads == 1; }));
  const auto second = begin(7 * B, 7 * B + 9);
  ASSERT_TRUE(run_until([&] { return second->ended; }));
  may_go = true;
  ASSERT_TRUE(run_until([&] { return first->ended; }));
  EXPECT_EQ(first->got.body, content(0, size));
  settle();
  EXPECT_EQ(get().body, content(0, size));
  EXPECT_EQ(get().use.state, source::CacheUse::State::hit);
}

// A player asks again the moment it has all. Of what is on disk nobody reads: without the pool only
// what happens to be in the page cache can be had of it.
TEST_F(FillTest, WhatHasComeIsAHitBeforeItIsOnDisk) {
  constexpr std::uint64_t size = 3 * B + 100;
  std::promise<bool> release;
  open_with_busy_pool(size, release.get_future().share());
  const auto first = begin(B, size - 1);
  ASSERT_TRUE(run_until([&] { return first->ended; }));
  EXPECT_EQ(first->got.use.state, source::CacheUse::State::miss);
  const auto second = begin(B, size - 1);
  const auto third = begin(2 * B, size - 1);
  EXPECT_TRUE(run_until([&] { return second->ended && third->ended; }));
  EXPECT_EQ(cache_->statistics().running_fills, 1U) << "it is still to be written";
  release.set_value(true);
  settle();
  EXPECT_TRUE(second->got.body == content(B, size));
  EXPECT_EQ(second->got.use.state, source::CacheUse::State::hit);
  EXPECT_TRUE(second->got.use.age);
  EXPECT_EQ(third->got.use.state, source::CacheUse::State::hit);
  EXPECT_EQ(second->got.origin.requests, 0U);
  EXPECT_EQ(song_->served, size);
}

// What comes for many is held back until it is on disk, but not for long.
TEST_F(FillTest, ManyDoNotWaitForADiskThatIsSlow) {
  constexpr std::uint64_t size = 4 * B + 100;
  std::promise<bool> release;
  open_with_busy_pool(size, release.get_future().share());
  std::vector<std::shared_ptr<Running>> listeners;
  for (int i = 0; i < 8; ++i) listeners.push_back(begin(B, size - 1));
  EXPECT_TRUE(run_until([&] {
    return std::all_of(listeners.begin(), listeners.end(),
                       [](const auto& of) { return of->ended; });
  }));
  release.set_value(true);
  settle();
  for (const auto& listener : listeners) EXPECT_TRUE(listener->got.body == content(B, size));
  EXPECT_EQ(song_->served, size);
}

// Another brings what lies from there on.
TEST_F(FillTest, GivesWayUnlessSomebodyWaitsForMore) {
  const Geometry geometry{.slice_size = 4 * B, .length = 40 * B};
  const auto fill = std::make_shared<Fill>(loop_.get_executor(), 0, Policy{});
  const auto listener = fill->join(0, 40 * B, any_patience);
  auto waiting = fill->join(20 * B, 40 * B, any_patience);
  fill->give_way(10 * B);
  EXPECT_EQ(fill->next(geometry, false).end, 40 * B);
  EXPECT_FALSE(fill->is_late(20 * B));
  fill->limit_to(15 * B);
  EXPECT_TRUE(fill->is_late(20 * B)) << "it does not come to it any more";
  waiting->leave();
  fill->give_way(10 * B);
  EXPECT_EQ(fill->next(geometry, false).end, 10 * B);
}

TEST_F(FillTest, EndsWithItsSliceWhenNobodyReadsOrAtOnce) {
  const Geometry geometry{.slice_size = 4 * B, .length = 40 * B};
  for (const bool at_once : {false, true}) {
    const auto fill = std::make_shared<Fill>(loop_.get_executor(), 0, Policy{});
    if (at_once) fill->end_with_readers();
    auto reading = fill->join(0, 40 * B, any_patience);
    const std::string bytes = content(0, B);
    fill->append(std::as_bytes(std::span(bytes)), {});
    EXPECT_EQ(fill->next(geometry, false).stop, 40 * B);
    reading->leave();
    const Fill::Next next = fill->next(geometry, false);
    EXPECT_EQ(next.kind, at_once ? Fill::Next::Kind::end : Fill::Next::Kind::fetch);
    EXPECT_EQ(next.stop, at_once ? 0 : 4 * B);
  }
}

TEST_F(FillTest, TellsWhoWaitsThatItEndsBeforeHisPlace) {
  const auto fill = std::make_shared<Fill>(loop_.get_executor(), 0, Policy{});
  const auto waiting = fill->join(20 * B, 40 * B, any_patience);
  const auto event = std::make_shared<io::Event>(loop_.get_executor());
  ASSERT_TRUE(fill->add_waiter(event, loop_.get_executor(), fill->view(20 * B).seen));
  bool told = false;
  const auto wait = [&]() -> io::Task<void> {
    co_await event->wait();
    told = true;
  };
  io::asio::co_spawn(loop_, wait(), io::asio::detached);
  let_run();
  EXPECT_FALSE(told);
  fill->limit_to(15 * B);
  EXPECT_TRUE(run_until([&] { return told; }));
  ASSERT_TRUE(fill->add_waiter(event, loop_.get_executor(), fill->view(20 * B).seen));
  fill->remove_waiter(event);
}

// Who waits for what is farther on reads as little as one who has read all there is.
TEST_F(FillTest, WhoSeeksPastAPausedListenerIsNotHeldUpByHim) {
  constexpr std::uint64_t end = 1000 * B;
  const Geometry geometry{.slice_size = 4 * B, .length = end};
  Policy policy;
  policy.release_after = std::chrono::milliseconds(10);
  const auto fill = std::make_shared<Fill>(loop_.get_executor(), 0, policy);
  fill->keep_in_memory();
  const auto paused = fill->join(0, end, any_patience);
  auto reading = fill->join(0, end, any_patience);
  const auto seeking = fill->join(900 * B, end, any_patience);
  const auto bring = [&] {
    const std::string bytes = content(fill->position(), fill->position() + B);
    fill->append(std::as_bytes(std::span(bytes)), {});
  };
  while (fill->next(geometry, true).kind == Fill::Next::Kind::fetch) bring();
  ASSERT_TRUE(fill->next(geometry, true).full);
  reading->move_to(fill->position());
  bool goes_on = false;
  const auto wait_for_room = [&]() -> io::Task<void> {
    while (fill->next(geometry, true).full) co_await fill->wait_for_readers();
    goes_on = true;
  };
  io::asio::co_spawn(loop_, wait_for_room(), io::asio::detached);
  ASSERT_TRUE(run_until([&] { return goes_on; }));
  const std::uint64_t before = fill->position();
  bring();
  EXPECT_EQ(fill->view(before).kind, Fill::View::Kind::bytes) << "who reads on gets it";
  while (fill->next(geometry, true).kind == Fill::Next::Kind::fetch) bring();
  EXPECT_EQ(fill->view(before).kind, Fill::View::Kind::bytes) << "and is waited for himself";
}

// Past a reader who stands still, to the end of a block. Less than five blocks count as five.
TEST_F(FillTest, RunsReadAheadPastTheFastestReaderAndBringsAnyRange) {
  constexpr std::uint64_t size = 30 * B;
  const std::pair<std::uint64_t, std::uint64_t> rows[] = {
      {0, 6 * B}, {5 * B + 1, 6 * B}, {7 * B, 8 * B}, {20 * B, 21 * B}};
  for (const auto& [read_ahead, reach] : rows) {
    SCOPED_TRACE(read_ahead);
    options_.read_ahead = read_ahead;
    const auto song = std::make_shared<ScriptedSong>(size);
    open(song);
    source::SourceRequest request;
    request.locator.value = "song.mp3";
    auto resource = std::move(*source_->open(request));
    ASSERT_TRUE(test::run(loop_, resource->describe({})));
    auto reader = resource->read(0, size);
    ASSERT_TRUE(test::run(loop_, reader->read()));
    ASSERT_TRUE(run_until([&] { return song->served >= reach; }));
    let_run();
    EXPECT_LT(song->served, reach + song->piece);
    const auto seeking = begin(5 * B + 20'000);
    ASSERT_TRUE(run_until([&] { return seeking->ended; }));
    EXPECT_TRUE(seeking->got.body == content(5 * B + 20'000, size));
    const auto again = begin(B - 5, B + 5);
    ASSERT_TRUE(run_until([&] { return again->ended; }));
    EXPECT_EQ(again->got.body, content(B - 5, B + 6));
    reader.reset();
    resource.reset();
    TearDown();
    SetUp();
  }
}

/// Who comes, takes the first bytes and leaves.
io::Task<bool> leave_early(source::Source& source) {
  source::SourceRequest request;
  request.locator.value = "song.mp3";
  const auto resource = std::move(*source.open(request));
  const Result<http::Representation> what = co_await resource->describe({});
  const auto reader = resource->read(0, what->length);
  const Result<io::Chunk> chunk = co_await reader->read();
  co_return chunk && !chunk->empty();
}

// However the origin's bytes come.
TEST_F(FillTest, AReaderThatLeavesLetsItFinishItsSlice) {
  for (const std::uint64_t piece : {std::uint64_t{9973}, B / 2, 3 * B}) {
    SCOPED_TRACE(piece);
    auto song = std::make_shared<ScriptedSong>(100 * B);
    song->piece = piece;
    open(song);
    EXPECT_TRUE(test::run(loop_, leave_early(*source_)));
    settle();
    EXPECT_LE(song->served, options_.read_ahead + B + options_.slice + piece);
    EXPECT_LT(song->served % options_.slice, piece);
    EXPECT_EQ(cache_->statistics().fills_abandoned, 1U);
    EXPECT_EQ(get().body, content(0, 100 * B));
    TearDown();
    SetUp();
  }
}

// One listener's player asks two or three times at once; more are worth large requests.
TEST_F(FillTest, IsToldOnceThatManyRead) {
  for (const unsigned readers : {3U, 4U, 9U}) {
    SCOPED_TRACE(readers);
    auto song = std::make_shared<ScriptedSong>(60 * B);
    bool all_here = false;
    song->before_read = [&] { return wait_until(all_here); };
    open(song);
    std::vector<std::shared_ptr<Running>> running;
    for (unsigned i = 0; i < readers; ++i) running.push_back(begin());
    ASSERT_TRUE(run_until([&] { return cache_->statistics().followers == readers - 1; }));
    all_here = true;
    for (const auto& one : running) {
      ASSERT_TRUE(run_until([&] { return one->ended; }));
      EXPECT_TRUE(one->got.body == content(0, 60 * B));
    }
    EXPECT_EQ(song->described, 1);
    EXPECT_EQ(song->expects_many, readers < 4 ? 0 : 1);
    TearDown();
    SetUp();
  }
}

// The only fill of a song that can only be had whole ends without its reader, in several steps.
TEST_F(FillTest, WhoComesWhileTheOnlyOneEndsGetsTheSong) {
  constexpr std::uint64_t size = 20 * B;
  options_.read_ahead = 0;
  for (int steps = 0; steps < 40; ++steps) {
    auto song = std::make_shared<ScriptedSong>(size);
    song->what.validators = {};
    song->what.single_pass = true;
    song->piece = B;
    open(song);
    EXPECT_TRUE(test::run(loop_, leave_early(*source_)));
    loop_.restart();
    for (int i = 0; i < steps; ++i) loop_.run_one_for(std::chrono::milliseconds(1));
    const auto next = begin();
    ASSERT_TRUE(run_until([&] { return next->ended; })) << steps;
    EXPECT_FALSE(next->got.error) << steps << ": " << next->got.error->detail;
    EXPECT_TRUE(next->got.body == content(0, size)) << steps;
    TearDown();
    SetUp();
  }
}

TEST_F(FillTest, WritingManyPiecesLeavesDescriptorsForConnections) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{256, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  options_.slice = 2 * B;
  open(std::make_shared<ScriptedSong>(400 * B));
  EXPECT_EQ(get().body, content(0, 400 * B));
  settle();
  EXPECT_EQ(pieces().size(), 200U);
  EXPECT_LE(File::open_count(), 256 / 4 + 2);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace tonearm::cache
