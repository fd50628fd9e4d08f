#include "tonearm/base/checksum.h"

#include "cache/piece_format.h"
#include "unit/cache/cache_fixture.h"

#include <sys/resource.h>

#include <csignal>

namespace tonearm::cache {
namespace {

using State = source::CacheUse::State;

/// How large the files are of what is kept, and where in them the index is looked for.
class FileSizesTest : public CacheTest {
 protected:
  static constexpr std::uint64_t length = 9 * B + 1234;  // three slices of four blocks

  static std::shared_ptr<ScriptedSong> a_song(std::uint64_t size) {
    return std::make_shared<ScriptedSong>(size);
  }
  static std::shared_ptr<ScriptedSong> a_song_without_length(std::uint64_t size) {
    auto song = a_song(size);
    song->what.length.reset();
    song->what.ranges = false;
    song->hidden_length = size;
    return song;
  }

  Geometry geometry_of(std::uint64_t size) const { return {options_.slice, size}; }
  static std::uint64_t slice_of(const std::filesystem::path& piece) {
    return parse_file_name(piece.filename().string()).id.slice;
  }

  void expect_no_larger_than_what_they_take(std::uint64_t size) const {
    EXPECT_EQ(pieces().size(), geometry_of(size).slices());
    for (const auto& piece : pieces()) {
      EXPECT_EQ(std::filesystem::file_size(piece),
                geometry_of(size).index_at(slice_of(piece)) + index_size(options_.slice));
      struct stat status {};
      ASSERT_EQ(::stat(piece.c_str(), &status), 0);
      EXPECT_LE(status.st_size, status.st_blocks * 512);
    }
    std::uint64_t all = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      all += entry.file_size();
    }
    EXPECT_LE(all, cache_->statistics().bytes);
  }

  /// As programs made them that knew no other place for an index.
  void put_indexes_behind_whole_slices(std::uint64_t size) const {
    for (const auto& piece : pieces()) {
      const std::uint64_t index_at = geometry_of(size).index_at(slice_of(piece));
      std::string index(index_size(options_.slice), '\0');
      std::fstream file(piece, std::ios::in | std::ios::out | std::ios::binary);
      file.seekg(static_cast<std::streamoff>(index_at));
      file.read(index.data(), static_cast<std::streamsize>(index.size()));
      ASSERT_TRUE(file.good());
      std::filesystem::resize_file(piece, index_at);
      file.seekp(static_cast<std::streamoff>(options_.slice));
      file.write(index.data(), static_cast<std::streamsize>(index.size()));
    }
  }

  void expect_hit(std::uint64_t size) {
    const Got got = get();
    EXPECT_TRUE(got.body == content(0, size));
    EXPECT_EQ(got.use.state, State::hit);
  }
};

TEST_F(FileSizesTest, WhatIsKeptWholeIsNoLargerThanWhatItTakes) {
  constexpr std::uint64_t slice = 4 * B;
  for (const std::uint64_t size :
       {std::uint64_t{1}, page_size, page_size + 1, std::uint64_t{100'000}, slice - page_size,
        slice - 1, slice, slice + 1, 2 * slice + B, 3 * slice - page_size - 1}) {
    for (const bool known : {true, false}) {
      SCOPED_TRACE(std::to_string(size) + (known ? "" : ", without a length"));
      open(known ? a_song(size) : a_song_without_length(size));
      get();
      settle();
      expect_no_larger_than_what_they_take(size);
      expect_hit(size);
      reopen();
      expect_hit(size);
      expect_no_larger_than_what_they_take(size);
      EXPECT_EQ(song_->served, size);
      TearDown();
      SetUp();
    }
  }
}

// Its last piece was made before that was known.
TEST_F(FileSizesTest, AnIndexMovesWhenTheEndHasCome) {
  struct Row {
    std::uint64_t slice, size;
  };
  const std::vector<Row> rows{
      {2 * batch_size, batch_size + 1000}, {2 * batch_size, 3 * batch_size + 1000},
      {2 * batch_size, 4 * batch_size},    {2 * batch_size, 4 * batch_size - 1},
      {512 * B, 512 * B - page_size - 1},  // the index takes two pages: its places overlap
  };
  for (const auto& [slice, size] : rows) {
    SCOPED_TRACE(std::to_string(size) + " in " + std::to_string(slice));
    options_.slice = slice;
    open(a_song_without_length(size));
    bool made_before = false;
    song_->before_read = [&, count = 0ULL, last = size / slice]() mutable -> io::Task<void> {
      if (++count * song_->piece >= size) made_before = pieces().size() > last;
      co_return;
    };
    get();
    settle();
    EXPECT_TRUE(made_before || size % slice == 0);
    expect_no_larger_than_what_they_take(size);
    expect_hit(size);
    reopen();
    expect_hit(size);
    EXPECT_EQ(song_->served, size);
    TearDown();
    SetUp();
  }
}

TEST_F(FileSizesTest, AnIndexBehindAWholeSliceIsFoundAndAddedTo) {
  for (const std::uint64_t kept : {length, 5 * B}) {
    SCOPED_TRACE(kept);
    open(a_song(length));
    get(0, kept - 1);
    settle();
    close();
    put_indexes_behind_whole_slices(length);
    for (int i = 0; i < 2; ++i) {
      open(song_);
      EXPECT_TRUE(get().body == content(0, length));
      settle();
      expect_hit(length);
      EXPECT_EQ(song_->served, length);
      close();
    }
    TearDown();
    SetUp();
  }
}

TEST_F(FileSizesTest, APieceWithNoIndexAtEitherPlaceIsMadeAnew) {
  open(a_song(length));
  get();
  settle();
  close();
  put_indexes_behind_whole_slices(length);
  for (const auto& piece : pieces()) {
    std::fstream file(piece, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(options_.slice));
    file.put('x');
  }
  open(song_);
  EXPECT_TRUE(get().body == content(0, length));
  settle();
  EXPECT_EQ(song_->served, 2 * length);
  expect_no_larger_than_what_they_take(length);
  expect_hit(length);
}

TEST_F(FileSizesTest, WhatWouldLieOnTheIndexIsNotWritten) {
  Disk disk(directory_, 1 << 20, [](const auto&, auto, auto, auto) {});
  ASSERT_TRUE(disk.wait_until_scanned(std::chrono::minutes(1)));
  SongRecord record;
  record.key = "key";
  record.slice_size = options_.slice;
  record.what.length = B + 1234;
  Version version(disk, hash_name("key"), std::move(record), false);
  const auto write = [&](std::uint64_t block, std::size_t size) {
    auto bytes = std::make_shared<ArrivingBlock>(block);
    bytes->size = size;
    return version.write(std::vector{bytes});
  };
  EXPECT_FALSE(write(1, B));
  EXPECT_FALSE(version.holds(B));
  EXPECT_TRUE(write(0, B));
  EXPECT_TRUE(write(1, 1234));
  ASSERT_EQ(pieces().size(), 1U);
  EXPECT_EQ(std::filesystem::file_size(pieces().front()),
            B + page_size + index_size(options_.slice));
}

TEST_F(FileSizesTest, WhatCouldNotBeWrittenDoesNotCount) {
  std::signal(SIGXFSZ, SIG_IGN);
  Disk disk(directory_, 1 << 20, [](const auto&, auto, auto, auto) {});
  ASSERT_TRUE(disk.wait_until_scanned(std::chrono::minutes(1)));
  SongRecord record;
  record.key = "key";
  record.slice_size = options_.slice;
  record.what.length = 4 * B;
  Version version(disk, hash_name("key"), std::move(record), false);
  const auto block = [](std::uint64_t which) {
    auto bytes = std::make_shared<ArrivingBlock>(which);
    bytes->size = block_size;
    return bytes;
  };
  ASSERT_TRUE(version.write(std::vector{block(0)}));
  const std::uint64_t before = disk.totals().bytes;
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &usual), 0);
  const rlimit one_page_more{B + page_size, usual.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &one_page_more), 0);
  const bool written = version.write(std::vector{block(1), block(2)});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &usual), 0);
  EXPECT_FALSE(written);
  EXPECT_EQ(disk.totals().bytes, before + page_size);
}

}  // namespace
}  // namespace tonearm::cache
