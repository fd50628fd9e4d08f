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
class ArrivingTest : public testing::Test {
 protected:
  static constexpr std::uint64_t B = block_size;

  void seat(int readers) {
    for (int i = 0; i < readers; ++i) seats_.push_back(*fill_->join(0, 100 * B, 0));
  }
  void append(std::uint64_t end) {
    const std::string bytes = content(fill_->position(), end);
    fill_->append(std::as_bytes(std::span(bytes)), {});
  }
  void expect_bytes(const Fill::View& view, std::uint64_t first, std::uint64_t end) {
    ASSERT_EQ(view.kind, Fill::View::Kind::bytes) << first;
    const std::string bytes(reinterpret_cast<const char*>(view.bytes.data()), view.bytes.size());
    EXPECT_EQ(view.bytes.size(), end - first) << first;
    EXPECT_TRUE(bytes == content(first, first + bytes.size())) << first;
  }

  io::asio::io_context loop_{1};
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
  const Geometry geometry{.slice_size = 50 * B, .length = 100 * B};
  fill_->release(fill_->unwritten(geometry));
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

}  // namespace
}  // namespace tonearm::cache
