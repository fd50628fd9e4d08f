#include "cache/geometry.h"

#include <gtest/gtest.h>

#include <vector>

namespace tonearm::cache {
namespace {

using http::ByteRange;
using http::RangeSpec;

constexpr std::uint64_t block = block_size;

TEST(Geometry, ARangeIsWidenedToTheBlocksThatHoldIt) {
  struct Row {
    std::uint64_t length, first, end;
    ByteRange aligned;
  };
  const std::vector<Row> rows{
      {10 * block, 0, 1, {0, block}},
      {10 * block, 0, block, {0, block}},
      {10 * block, block - 1, block + 1, {0, 2 * block}},
      {10 * block, block, 2 * block, {block, 2 * block}},
      {10 * block + 7,
       10 * block,
       10 * block + 7,
       {10 * block, 10 * block + 7}},  // the last block, short
      {10 * block + 7,
       10 * block + 6,
       endless,
       {10 * block, 10 * block + 7}},  // an end past the length
      {1, 0, 1, {0, 1}},
      {5 * block, 5 * block, 6 * block, {5 * block, 5 * block}},  // behind the end: nothing
      {0, 0, 1, {0, 0}},
      {5 * block, 3, 3, {3, 3}},
  };
  for (const Row& row : rows) {
    const Geometry geometry{4 * block, row.length};
    EXPECT_EQ(geometry.align(row.first, row.end), row.aligned) << row.first << '-' << row.end;
  }
}

TEST(Geometry, SlicesAndBlocksEndWithTheVersion) {
  const Geometry geometry{4 * block, 9 * block + 1};
  EXPECT_EQ(geometry.slice_at(4 * block - 1), 0U);
  EXPECT_EQ(geometry.slice_at(4 * block), 1U);
  EXPECT_EQ(geometry.slice_end(0), 4 * block);
  EXPECT_EQ(geometry.slice_end(4 * block), 8 * block);
  EXPECT_EQ(geometry.slice_end(8 * block), 9 * block + 1);
  EXPECT_EQ(geometry.bytes_of_block(8), (ByteRange{8 * block, 9 * block}));
  EXPECT_EQ(geometry.bytes_of_block(9), (ByteRange{9 * block, 9 * block + 1}));
  EXPECT_EQ(geometry.bytes_of_block(10).size(), 0U);
  EXPECT_EQ(geometry.slice_of_block(8), 2U);
  const Geometry exact{4 * block, 4 * block};
  EXPECT_EQ(exact.slice_end(4 * block - 1), 4 * block);
}

TEST(Geometry, BatchesBeginAtMultiplesInAPieceAndEndWithIt) {
  constexpr std::uint64_t batch = batch_size / block_size;
  const auto ends = [](const Geometry& geometry, std::uint64_t count) {
    std::vector<std::uint64_t> blocks;
    for (std::uint64_t at = 0; at < count; ++at) {
      if (geometry.ends_batch(at)) blocks.push_back(at);
    }
    return blocks;
  };
  const Geometry whole_batches{2 * batch_size, endless};
  EXPECT_EQ(ends(whole_batches, 3 * batch),
            (std::vector<std::uint64_t>{batch - 1, 2 * batch - 1, 3 * batch - 1}));
  const Geometry odd{batch_size + 2 * block, endless};
  EXPECT_EQ(ends(odd, 2 * batch + 4),
            (std::vector<std::uint64_t>{batch - 1, batch + 1, 2 * batch + 1, 2 * batch + 3}));
  const Geometry small{2 * block, endless};
  EXPECT_EQ(ends(small, 4), (std::vector<std::uint64_t>{1, 3}));
}

TEST(Geometry, AnIndexStandsAtTheFirstPageBehindTheData) {
  constexpr std::uint64_t slice = 4 * block;
  struct Row {
    std::uint64_t slice_size, length, slice, index_at;
  };
  const std::vector<Row> rows{
      {slice, 1, 0, page_size},
      {slice, page_size - 1, 0, page_size},
      {slice, page_size, 0, page_size},
      {slice, page_size + 1, 0, 2 * page_size},
      {slice, 100'000, 0, 25 * page_size},
      {slice, slice - page_size, 0, slice - page_size},
      {slice, slice - page_size + 1, 0, slice},
      {slice, slice, 0, slice},
      {slice, slice + 1, 0, slice},
      {slice, slice + 1, 1, page_size},
      {slice, 9 * slice + 5 * page_size + 7, 8, slice},
      {slice, 9 * slice + 5 * page_size + 7, 9, 6 * page_size},
      {block, block + 7, 1, page_size},
      {slice, endless, 0, slice},  // not known yet
      {slice, endless, 1'000'000, slice},
      {slice, endless - 1, (endless - 1) / slice, slice},
      {slice, 0, 0, 0},  // behind the end there is nothing
      {slice, slice, 1, 0},
      {slice, slice, ~std::uint64_t{0}, 0},
  };
  for (const Row& row : rows) {
    const Geometry geometry{row.slice_size, row.length};
    EXPECT_EQ(geometry.index_at(row.slice), row.index_at) << row.slice << " of " << row.length;
  }
}

TEST(Geometry, SliceSizesAreWholeBlocks) {
  EXPECT_EQ(usable_slice_size(1), block);
  EXPECT_EQ(usable_slice_size(block), block);
  EXPECT_EQ(usable_slice_size(2 * block + 5), 2 * block);
}

TEST(AlignSpec, IsDoneBeforeTheLengthIsKnown) {
  EXPECT_EQ(align(RangeSpec{{}, 5}), std::nullopt);  // a suffix begins nobody knows where
  EXPECT_EQ(align(RangeSpec{0, {}}), (RangeSpec{0, {}}));
  EXPECT_EQ(align(RangeSpec{block + 1, {}}), (RangeSpec{block, {}}));
  EXPECT_EQ(align(RangeSpec{block + 1, block + 2}), (RangeSpec{block, 2 * block - 1}));
  EXPECT_EQ(align(RangeSpec{0, block - 1}), (RangeSpec{0, block - 1}));
  EXPECT_EQ(align(RangeSpec{0, block}), (RangeSpec{0, 2 * block - 1}));
  EXPECT_EQ(align(RangeSpec{7, ~std::uint64_t{0}}), (RangeSpec{0, {}}));
}

}  // namespace
}  // namespace tonearm::cache
