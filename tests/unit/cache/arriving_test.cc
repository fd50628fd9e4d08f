#include "cache/fill.h"
#include "cache/geometry.h"
#include "unit/cache/cache_fixture.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace tonearm::cache {
namespace {

/// What a fill has in memory, and how much of it one reader is handed at a time.
class ArrivingTest : public CacheTest {
 protected:
  void TearDown() override {
    seats_.clear();
    fill_.reset();
    CacheTest::TearDown();
  }
  void seat(int readers) {
    for (int i = 0; i < readers; ++i) seats_.push_back(*fill_->join(0, 100 * B, 0));
  }
  /// Whether it begins to be held back.
  bool append(std::uint64_t end) {
    const std::string bytes = content(fill_->position(), end);
    return fill_->append(std::as_bytes(std::span(bytes)), {});
  }
  void write_down() { fill_->release(fill_->unwritten(geometry_)); }
  /// What comes is to be written.
  void keep_on_disk() {
    open(std::make_shared<ScriptedSong>(geometry_.length));
    fill_->write_to(cache_->store().disk(),
                    *cache_->store().make_version("a song", song_->what, false));
  }
  Fill::View::Kind seen_at(std::uint64_t position) const { return fill_->view(position).kind; }
  void expect_bytes(const Fill::View& view, std::uint64_t first, std::uint64_t end) {
    ASSERT_EQ(view.kind, Fill::View::Kind::bytes) << first;
    const std::string bytes(reinterpret_cast<const char*>(view.bytes.data()), view.bytes.size());
    EXPECT_EQ(view.bytes.size(), end - first) << first;
    EXPECT_TRUE(bytes == content(first, first + bytes.size())) << first;
  }

  using Kind = Fill::View::Kind;

  const Geometry geometry_{.slice_size = 50 * B, .length = 100 * B};
  std::shared_ptr<Fill> fill_ = std::make_shared<Fill>(loop_.get_executor(), 0, Policy{});
  std::vector<Fill::Seat> seats_;
};

// Who is slow keeps what is sent in memory: a block for each of them, no more.
TEST_F(ArrivingTest, WhoIsAloneIsHandedABlock) {
  seat(1);
  append(3 * B + 5);
  expect_bytes(fill_->view(0), 0, B);
  expect_bytes(fill_->view(B + 7), B + 7, 2 * B);
  expect_bytes(fill_->view(3 * B), 3 * B, 3 * B + 5);
}

TEST_F(ArrivingTest, ManyAreHandedWhatHasComeAtOnce) {
  seat(4);
  append(3 * B + 5);
  expect_bytes(fill_->view(0), 0, 3 * B + 5);
  expect_bytes(fill_->view(B + 7), B + 7, 3 * B + 5);
  append(6 * B);
  expect_bytes(fill_->view(0), 0, 4 * B);
  expect_bytes(fill_->view(4 * B), 4 * B, 6 * B);
  EXPECT_EQ(fill_->view(6 * B).kind, Fill::View::Kind::wait);
}

TEST_F(ArrivingTest, WhatOneIsSendingOutlivesItsBlocks) {
  seat(4);
  append(4 * B);
  const Fill::View view = fill_->view(B);
  write_down();
  EXPECT_EQ(fill_->view(B).kind, Fill::View::Kind::gone);
  expect_bytes(view, B, 4 * B);
}

TEST_F(ArrivingTest, ACrowdThatComesLaterIsHandedBlocksUntilThen) {
  append(2 * B);
  seat(4);
  append(2 * B + 9);
  append(5 * B);
  expect_bytes(fill_->view(2 * B), 2 * B, 3 * B);
  expect_bytes(fill_->view(3 * B), 3 * B, 5 * B);
}

TEST_F(ArrivingTest, WhatIsToBeWrittenIsHandedToAFewAtOnce) {
  keep_on_disk();
  seat(3);
  EXPECT_FALSE(append(2 * B));
  expect_bytes(fill_->view(0), 0, B);
}

TEST_F(ArrivingTest, ManyWaitUntilItIsOnDisk) {
  keep_on_disk();
  seat(4);
  EXPECT_TRUE(append(2 * B));
  EXPECT_EQ(seen_at(0), Kind::wait);
  EXPECT_FALSE(append(3 * B + 5)) << "it is held back already";
  const std::uint64_t seen = fill_->view(0).seen;
  write_down();
  EXPECT_EQ(seen_at(0), Kind::gone);
  EXPECT_NE(fill_->view(0).seen, seen) << "who waits is woken";
  EXPECT_EQ(seen_at(3 * B), Kind::wait) << "a begun block is written with its rest";
  EXPECT_FALSE(append(4 * B)) << "some of it is held back still";
  write_down();
  EXPECT_TRUE(append(5 * B));
}

TEST_F(ArrivingTest, ManyDoNotWaitForLong) {
  keep_on_disk();
  seat(4);
  append(2 * B + 5);
  fill_->show();
  expect_bytes(fill_->view(0), 0, 2 * B + 5);
  EXPECT_TRUE(append(3 * B)) << "what comes then is held back anew";
  expect_bytes(fill_->view(2 * B), 2 * B, 2 * B + 5);
  EXPECT_EQ(seen_at(2 * B + 5), Kind::wait);
}

TEST_F(ArrivingTest, WhatTheDiskDoesNotTakeIsHandedOut) {
  keep_on_disk();
  seat(4);
  append(2 * B);
  fill_->keep_in_memory();
  expect_bytes(fill_->view(0), 0, 2 * B);
  EXPECT_FALSE(append(3 * B));
  expect_bytes(fill_->view(2 * B), 2 * B, 3 * B);
}

// Those who read it have to wait for each other.
TEST_F(ArrivingTest, WhatTheDiskDoesNotTakeIsForNobodyWhoCanHaveItElsewhere) {
  seat(1);
  append(4 * B);
  EXPECT_TRUE(fill_->brings_soon(B));
  EXPECT_TRUE(fill_->brings_soon(5 * B - 1));
  EXPECT_FALSE(fill_->brings_soon(5 * B));
  fill_->keep_in_memory();
  EXPECT_FALSE(fill_->brings_soon(B));
}

TEST_F(ArrivingTest, WhatHadComeBeforeItBrokeIsHandedOut) {
  keep_on_disk();
  seat(4);
  append(2 * B);
  fill_->end(FillOutcome::failed, Error{ErrorKind::http_response_incomplete, "broken", {}});
  expect_bytes(fill_->view(0), 0, 2 * B);
  EXPECT_EQ(seen_at(2 * B), Kind::ended);
}

}  // namespace
}  // namespace tonearm::cache
