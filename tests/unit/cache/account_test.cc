#include "cache/account.h"

#include "unit/cache/cache_fixture.h"

#include <cerrno>

namespace tonearm::cache {
namespace {

/// What requests are told that they have cost the origin.
class AccountTest : public CacheTest {
 protected:
  static constexpr std::uint64_t length = 40 * B;
};

// Its visit has asked, and then hands over what the answer is read from.
TEST_F(AccountTest, WhatIsHandedOverIsCountedOnce) {
  auto song = std::make_shared<ScriptedSong>(length);
  song->what.caching.no_store = true;
  open(song);
  const Got got = get();
  EXPECT_EQ(got.origin.requests, 1U);
  EXPECT_EQ(got.origin.bytes, length);
  EXPECT_EQ(cache_->statistics().unclaimed.requests, 0U);
}

TEST_F(AccountTest, EachPartThatIsReadDirectlyCounts) {
  open(std::make_shared<ScriptedSong>(length));
  get(0, 99);
  settle();
  cache_->store().disk().fail("scripted", EIO);
  const std::uint64_t before = song_->served;
  source::SourceRequest request;
  request.locator.value = "song.mp3";
  const auto resource = std::move(*source_->open(request));
  source::ReadIntent intent;
  intent.range = http::RangeSpec{0, 99};
  intent.several = true;
  ASSERT_TRUE(test::run(loop_, resource->describe(intent)));
  const auto read_all = [&](std::uint64_t first, std::uint64_t end) -> io::Task<std::string> {
    const auto reader = resource->read(first, end);
    std::string all;
    for (;;) {
      const Result<io::Chunk> chunk = co_await reader->read();
      if (!chunk || chunk->empty()) co_return all;
      all += bytes_of(*chunk);
    }
  };
  for (const std::uint64_t first : {std::uint64_t{0}, 9 * B, 20 * B, 30 * B}) {
    EXPECT_EQ(test::run(loop_, read_all(first, first + 99)), content(first, first + 99));
  }
  EXPECT_EQ(resource->origin_use().bytes, song_->served - before);
  EXPECT_EQ(resource->origin_use().requests, 3U);
}

TEST_F(AccountTest, AHitThatHadToBeFetchedWasAPartialOne) {
  using State = source::CacheUse::State;
  Account account;
  account.use.state = State::hit;
  account.kept_bytes = 10;
  EXPECT_EQ(account.cache_use().state, State::hit);
  account.fetched_bytes = 1;
  EXPECT_EQ(account.cache_use().state, State::partial);
  account.use.state = State::miss;
  EXPECT_EQ(account.cache_use().state, State::miss);
}

TEST_F(AccountTest, AHitForWhichTheOriginWasAskedIsOneOnlyIfThatConfirmedIt) {
  using State = source::CacheUse::State;
  Account account;
  account.use.state = State::hit;
  account.charge(std::make_shared<Fill>(loop_.get_executor(), 0, Policy{}));
  EXPECT_EQ(account.cache_use().state, State::partial);
  account.use.stale = true;
  EXPECT_EQ(account.cache_use().state, State::hit);
  account.use.stale = false;
  account.use.revalidated = true;
  EXPECT_EQ(account.cache_use().state, State::hit);
}

TEST_F(AccountTest, WhatFillsCostIsChargedOnce) {
  Account account;
  const auto fill = std::make_shared<Fill>(loop_.get_executor(), 0, Policy{});
  account.charge(fill);
  account.charge(source::OriginUse{100, 1, 0});
  fill->set_use({1000, 2, 0});
  EXPECT_EQ(account.origin_use().bytes, 1100U);
  EXPECT_EQ(account.origin_use().bytes, 1100U);
  fill->set_use({1500, 3, 1});
  const source::OriginUse all = account.origin_use();
  EXPECT_EQ(all.bytes, 1600U);
  EXPECT_EQ(all.requests, 4U);
  EXPECT_EQ(all.resumes, 1U);
}

TEST_F(AccountTest, ARequestThatGotNothingIsNeitherAHitNorAMiss) {
  open(std::make_shared<ScriptedSong>(length));
  Account account;
  account.use.state = source::CacheUse::State::hit;
  account.close(cache_->store());
  EXPECT_EQ(cache_->statistics().hits, 0U);
  account.kept_bytes = 1;
  account.close(cache_->store());
  EXPECT_EQ(cache_->statistics().hits, 1U);
}

}  // namespace
}  // namespace tonearm::cache
