#include "cache/geometry.h"

#include <gtest/gtest.h>

#include <vector>

namespace tonearm::cache {
namespace {

using http::ByteRange;
using http::RangeSpec;

constexpr std::uint64_t B = block_size;

TEST(Geometry, ARangeIsWidenedToTheBlocksThatHoldIt) {
  struct Row {
    std::uint64_t length, first, end;
    ByteRange aligned;
  };
  const std::vector<Row> rows{
      {10 * B, 0, 1, {0, B}},
      {10 * B, 0, B, {0, B}},
      {10 * B, B - 1, B + 1, {0, 2 * B}},
      {10 * B, B, 2 * B, {B, 2 * B}},
      {10 * B + 7, 10 * B, 10 * B + 7, {10 * B, 10 * B + 7}},   // the last block, short
      {10 * B + 7, 10 * B + 6, endless, {10 * B, 10 * B + 7}},  // an end past the length
      {1, 0, 1, {0, 1}},
      {5 * B, 5 * B, 6 * B, {5 * B, 5 * B}},  // behind the end: nothing
      {0, 0, 1, {0, 0}},
      {5 * B, 3, 3, {3, 3}},
  };
  for (const Row& row : rows) {
    const Geometry geometry{4 * B, row.length};
    EXPECT_EQ(geometry.align(row.first, row.end), row.aligned) << row.first << '-' << row.end;
  }
}

TEST(Geometry, SlicesAndBlocksEndWithTheVersion) {
  const Geometry geometry{4 * B, 9 * B + 1};
  EXPECT_EQ(geometry.slice_at(4 * B - 1), 0U);
  EXPECT_EQ(geometry.slice_at(4 * B), 1U);
  EXPECT_EQ(geometry.slice_end(0), 4 * B);
  EXPECT_EQ(geometry.slice_end(4 * B), 8 * B);
  EXPECT_EQ(geometry.slice_end(8 * B), 9 * B + 1);
  EXPECT_EQ(geometry.bytes_of_block(8), (ByteRange{8 * B, 9 * B}));
  EXPECT_EQ(geometry.bytes_of_block(9), (ByteRange{9 * B, 9 * B + 1}));
  EXPECT_EQ(geometry.bytes_of_block(10).size(), 0U);
  EXPECT_EQ(geometry.slice_of_block(8), 2U);
  const Geometry exact{4 * B, 4 * B};
  EXPECT_EQ(exact.slice_end(4 * B - 1), 4 * B);
}

TEST(Geometry, SliceSizesAreWholeBlocks) {
  EXPECT_EQ(usable_slice_size(1), B);
  EXPECT_EQ(usable_slice_size(B), B);
  EXPECT_EQ(usable_slice_size(2 * B + 5), 2 * B);
}

TEST(AlignSpec, IsDoneBeforeTheLengthIsKnown) {
  EXPECT_EQ(align(RangeSpec{{}, 5}), std::nullopt);  // a suffix begins nobody knows where
  EXPECT_EQ(align(RangeSpec{0, {}}), (RangeSpec{0, {}}));
  EXPECT_EQ(align(RangeSpec{B + 1, {}}), (RangeSpec{B, {}}));
  EXPECT_EQ(align(RangeSpec{B + 1, B + 2}), (RangeSpec{B, 2 * B - 1}));
  EXPECT_EQ(align(RangeSpec{0, B - 1}), (RangeSpec{0, B - 1}));
  EXPECT_EQ(align(RangeSpec{0, B}), (RangeSpec{0, 2 * B - 1}));
  EXPECT_EQ(align(RangeSpec{7, ~std::uint64_t{0}}), (RangeSpec{0, {}}));
}

}  // namespace
}  // namespace tonearm::cache
