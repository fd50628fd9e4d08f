#include "tonearm/base/checksum.h"
#include "tonearm/cache/cache.h"

#include "cache/geometry.h"
#include "cache/piece_format.h"
#include "cache/song_record.h"

#include <gtest/gtest.h>

#include <string>

namespace tonearm::cache {
namespace {

using std::chrono::seconds;

SongRecord sample() {
  SongRecord record;
  record.key = "0 http://origin/ songs/a b.mp3";
  record.version = 0x123456789ABCDEF0;
  record.slice_size = 4 * block_size;
  record.what.length = 1'000'003;
  record.what.content_type = "audio/mpeg";
  record.what.validators.etag = http::EntityTag{"\"abc\"", true};
  record.what.validators.last_modified = http::HttpTime(seconds(784111777));
  record.what.validators.last_modified_is_strong = true;
  record.what.caching.max_age = seconds(60);
  record.what.caching.date = http::HttpTime(seconds(784111790));
  record.what.caching.received = http::HttpTime(seconds(784111791));
  record.what.caching.must_revalidate = true;
  record.what.caching.stale_if_error = seconds(30);
  return record;
}

TEST(Key, StaysWhatItIsInCachesOnDisk) {
  using Kind = Locator::Kind;
  EXPECT_EQ(key_of({Kind::plain, "songs/a b.mp3", {}}, "http://localhost:8000/media/"),
            "0 28 http://localhost:8000/media/ 0  songs/a b.mp3");
  EXPECT_EQ(key_of({Kind::url, "https://a/b", {}}, {}), "1 0  0  https://a/b");
  EXPECT_EQ(key_of({Kind::s3, "bucket/key", {}}, "http://s3"), "2 9 http://s3 0  bucket/key");
  EXPECT_EQ(key_of({Kind::file, "a.wav", {}}, {}), "3 0  0  a.wav");
  EXPECT_EQ(key_of({Kind::resolver, "v", "yt"}, {}), "4 0  2 yt v");
}

TEST(SongRecord, IsReadAsItWasWritten) {
  const SongRecord record = sample();
  const auto read = decode_record(encode_record(record));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->key, record.key);
  EXPECT_EQ(read->version, record.version);
  EXPECT_EQ(read->slice_size, record.slice_size);
  EXPECT_EQ(read->whole_only, false);
  EXPECT_EQ(read->what.length, record.what.length);
  EXPECT_EQ(read->what.content_type, record.what.content_type);
  EXPECT_EQ(read->what.validators, record.what.validators);
  EXPECT_EQ(read->what.caching, record.what.caching);
  EXPECT_TRUE(read->what.ranges);
}

TEST(SongRecord, WithoutAStaleIfErrorHasNoPlaceForIt) {
  SongRecord record = sample();
  const std::size_t with = encode_record(record).size();
  record.what.caching.stale_if_error.reset();
  const std::string bytes = encode_record(record);
  EXPECT_EQ(bytes.size() + 8, with);
  const auto read = decode_record(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->what.caching, record.what.caching);
  EXPECT_EQ(read->what.validators, record.what.validators);
}

TEST(SongRecord, NoBitAndNoByteMayBeAnother) {
  const std::string bytes = encode_record(sample());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_FALSE(decode_record(changed)) << "byte " << i << " bit " << bit;
    }
    EXPECT_FALSE(decode_record(std::string_view(bytes).substr(0, i)));
  }
  EXPECT_FALSE(decode_record(bytes + '\0'));
  EXPECT_FALSE(decode_record(std::string(bytes.size(), '\0')));
}

PieceId sample_id() { return {hash_name("key"), 77, 3}; }

TEST(PieceIndex, KnowsItsPlaceAndItsSums) {
  constexpr std::uint64_t slice_size = 4 * block_size;
  std::string index = make_index(sample_id(), slice_size);
  ASSERT_EQ(index.size(), index_size(slice_size));
  index[sum_offset(slice_size, 2) - slice_size] = 5;
  const auto bytes = std::as_bytes(std::span(index));
  const auto sums = read_index(bytes, sample_id(), slice_size);
  ASSERT_TRUE(sums);
  EXPECT_EQ(*sums, (std::vector<std::uint64_t>{0, 0, 5, 0}));
  PieceId other = sample_id();
  other.slice = 4;
  EXPECT_FALSE(read_index(bytes, other, slice_size));
  other = sample_id();
  other.version = 78;
  EXPECT_FALSE(read_index(bytes, other, slice_size));
  EXPECT_FALSE(read_index(bytes, sample_id(), 2 * slice_size));
  EXPECT_FALSE(read_index(bytes.first(bytes.size() - 1), sample_id(), slice_size));
}

TEST(PieceIndex, IsMadeWithTheSumsThatAreKnown) {
  constexpr std::uint64_t slice_size = 4 * block_size;
  const std::vector<std::uint64_t> sums{7, 0, 9, 0};
  const std::string index = make_index(sample_id(), slice_size, sums);
  EXPECT_EQ(read_index(std::as_bytes(std::span(index)), sample_id(), slice_size), sums);
}

TEST(PieceIndex, HasASumForEachBlockOfAWholeSlice) {
  for (const std::uint64_t slice_size : {block_size, 64 * 1024 * 1024 + block_size}) {
    for (const std::uint64_t index_at : {page_size, slice_size}) {
      EXPECT_GT(sum_offset(index_at, 0), index_at);
      EXPECT_EQ(sum_offset(index_at, slice_size / block_size), index_at + index_size(slice_size));
    }
  }
}

TEST(BlockSum, IsBoundToItsPlaceAndNeverZero) {
  const std::string text = "bytes";
  const auto bytes = std::as_bytes(std::span(text));
  EXPECT_NE(block_sum(bytes, 1, 1), block_sum(bytes, 1, 2));
  EXPECT_NE(block_sum(bytes, 1, 1), block_sum(bytes, 9, 1));
  EXPECT_NE(block_sum({}, 0, 0), 0U);
}

TEST(FileNames, AreReadAsTheyAreWritten) {
  const PieceId id = sample_id();
  const FileName piece = parse_file_name(piece_name(id));
  EXPECT_EQ(piece.kind, FileName::Kind::piece);
  EXPECT_EQ(piece.id, id);
  const FileName record = parse_file_name(record_name(id.song));
  EXPECT_EQ(record.kind, FileName::Kind::record);
  EXPECT_EQ(record.id.song, id.song);
  EXPECT_EQ(parse_file_name(record_name(id.song) + ".new").kind, FileName::Kind::temporary);
  EXPECT_EQ(parse_file_name("notes.new").kind, FileName::Kind::foreign);
  for (const std::string& name :
       {std::string("lock"), std::string("lost+found"), id.song, id.song + "-", id.song + "-x-1",
        piece_name(id) + "g", id.song + "-0000000000000001-01", std::string()}) {
    EXPECT_EQ(parse_file_name(name).kind, FileName::Kind::foreign) << name;
  }
}

}  // namespace
}  // namespace tonearm::cache
