#include "tonearm/io/bounded_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

namespace tonearm::io {
namespace {

std::string take_all(BoundedBuffer& buffer) {
  std::string out;
  while (!buffer.empty()) {
    const auto front = buffer.front();
    for (const std::byte b : front) out += static_cast<char>(b);
    buffer.consume(front.size());
  }
  return out;
}

std::string pattern(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>((i * 131) >> 3);
  return out;
}

/// As much of it as there is room for.
std::size_t write(BoundedBuffer& buffer, std::string_view text) {
  std::size_t written = 0;
  while (written < text.size() && buffer.free() != 0) {
    const std::span<std::byte> room = buffer.room();
    const std::size_t count = std::min(room.size(), text.size() - written);
    std::memcpy(room.data(), text.data() + written, count);
    buffer.extend(count);
    written += count;
  }
  return written;
}

TEST(BoundedBuffer, IsEmptyAtFirst) {
  BlockPool pool(4);
  BoundedBuffer buffer(pool, 1000);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.free(), 1000U);
  EXPECT_TRUE(buffer.front().empty());
}

TEST(BoundedBuffer, GivesBytesBackInOrderAcrossBlocks) {
  BlockPool pool(4);
  BoundedBuffer buffer(pool, 4 * BlockPool::block_size);
  const std::string text = pattern(3 * BlockPool::block_size + 17);
  write(buffer, text);
  EXPECT_EQ(buffer.size(), text.size());
  EXPECT_EQ(take_all(buffer), text);
}

TEST(BoundedBuffer, FreeIsCapacityMinusSizeAndNeverWraps) {
  BlockPool pool(4);
  BoundedBuffer buffer(pool, 100);
  write(buffer, pattern(60));
  EXPECT_EQ(buffer.free(), 40U);
  EXPECT_EQ(write(buffer, pattern(60)), 40U);
  EXPECT_EQ(buffer.free(), 0U);
}

TEST(BoundedBuffer, HasNoMoreRoomThanItsCapacity) {
  BlockPool pool(4);
  BoundedBuffer buffer(pool, 1000);
  EXPECT_EQ(buffer.room().size(), 1000U);
  buffer.extend(600);
  EXPECT_EQ(buffer.room().size(), 400U);
  buffer.extend(0);
  buffer.consume(500);
  EXPECT_EQ(buffer.room().size(), 900U);
}

TEST(BoundedBuffer, SurvivesAnyInterleavingOfWritingAndConsuming) {
  BlockPool pool(8);
  BoundedBuffer buffer(pool, 4 * BlockPool::block_size);
  std::mt19937 random(7);
  const std::string text = pattern(8 * BlockPool::block_size);
  std::string out;
  std::size_t in = 0;
  while (out.size() < text.size()) {
    const std::size_t want =
        std::min({text.size() - in, buffer.free(), std::size_t{random() % 50'000}});
    write(buffer, text.substr(in, want));
    in += want;
    const auto front = buffer.front();
    const std::size_t count = std::min<std::size_t>(front.size(), random() % 70'000);
    for (std::size_t i = 0; i < count; ++i) out += static_cast<char>(front[i]);
    buffer.consume(count);
  }
  EXPECT_EQ(out, text);
}

TEST(BoundedBuffer, HoldsNoBlockWhileEmpty) {
  BlockPool pool(1);
  BoundedBuffer buffer(pool, BlockPool::block_size);
  write(buffer, "abc");
  const std::byte* block = buffer.front().data();
  buffer.consume(3);
  // The only block is back in the pool, so another buffer gets the same one.
  BoundedBuffer other(pool, BlockPool::block_size);
  write(other, "x");
  EXPECT_EQ(other.front().data(), block);
}

}  // namespace
}  // namespace tonearm::io
