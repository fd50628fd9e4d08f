#include "tonearm/base/checksum.h"
#include "tonearm/io/owned_descriptor.h"

#include "cache/memory_trust.h"
#include "cache/piece_format.h"
#include "unit/cache/cache_fixture.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

namespace tonearm::cache {
namespace {

using State = source::CacheUse::State;

/// What becomes of the files in the cache's directory.
class KeptFilesTest : public CacheTest {
 protected:
  static constexpr std::uint64_t length = 9 * B + 1234;  // three slices of four blocks

  static std::shared_ptr<ScriptedSong> a_song(std::uint64_t size = length) {
    return std::make_shared<ScriptedSong>(size);
  }
  static std::string the_key() {
    return key_of(Locator{Locator::Kind::plain, "song.mp3", {}}, "scope");
  }
};

/// Whether the first and the last byte can be had without waiting for the disk.
bool is_in_memory(const io::FileRegion& region) {
  for (const std::uint64_t at : {region.offset, region.offset + region.size - 1}) {
    std::byte byte{};
    const iovec into{&byte, 1};
    if (::preadv2(region.descriptor, &into, 1, static_cast<off_t>(at), RWF_NOWAIT) != 1)
      return false;
  }
  return true;
}

TEST_F(KeptFilesTest, WhatIsKeptSurvivesARestart) {
  open(a_song());
  get();
  settle();
  reopen();
  const Got got = get();
  EXPECT_EQ(got.body, content(0, length));
  EXPECT_EQ(got.use.state, State::hit);
  EXPECT_EQ(song_->described, 1);
}

TEST_F(KeptFilesTest, WhatIsNotProvenIsFetchedAgain) {
  constexpr std::uint64_t size = 13 * B + 1234;  // a piece for each kind of damage
  for (const bool restart : {false, true}) {
    open(a_song(size));
    EXPECT_EQ(get().body, content(0, size));
    settle();
    int step = 0;
    const auto put = [](const std::filesystem::path& piece, std::uint64_t at) {
      std::fstream file(piece, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(at));
      file.put('x');
    };
    for (const auto& piece : pieces()) {
      const auto end = std::filesystem::file_size(piece);
      switch (step++) {
        case 0:
          put(piece, 5);  // in the data
          break;
        case 1:
          put(piece, sum_offset(options_.slice, 1));
          break;
        case 2:
          std::filesystem::resize_file(piece, end - 10);
          break;
        default:
          std::filesystem::resize_file(piece, 0);
          std::filesystem::resize_file(piece, end);
          break;
      }
    }
    if (restart) reopen();
    EXPECT_EQ(get().body, content(0, size));
    settle();
    EXPECT_EQ(get().body, content(0, size));
    EXPECT_EQ(get().use.state, State::hit);
    close();
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      std::filesystem::remove(entry.path());
    }
  }
}

TEST_F(KeptFilesTest, WhatTheKernelDroppedIsInMemoryAgainWhenItIsHandedOut) {
  open(a_song());
  get();
  settle();
  get();  // now all of it is proven, and verifying brings nothing in
  for (const auto& piece : pieces()) {
    const io::OwnedDescriptor file(::open(piece.c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::fdatasync(file.get()), 0);
    ASSERT_EQ(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED), 0);
    if (is_in_memory({file.get(), 0, 1})) GTEST_SKIP() << "the file system drops nothing";
  }
  const auto regions_in_memory = [&]() -> io::Task<int> {
    source::SourceRequest request;
    request.locator.value = "song.mp3";
    const auto resource = std::move(*source_->open(request));
    EXPECT_TRUE(co_await resource->describe({}));
    const auto reader = resource->read(0, length);
    for (int count = 0;;) {
      const Result<io::Chunk> chunk = co_await reader->read();
      if (!chunk || chunk->empty()) co_return count;
      if (chunk->file() != nullptr && is_in_memory(*chunk->file())) ++count;
    }
  };
  // What was in memory a moment ago is not asked about again.
  const auto deadline = MemoryTrust::Clock::now() + 10 * MemoryTrust::calm;
  int found = 0;
  while (found < 3 && MemoryTrust::Clock::now() < deadline) {
    found = test::run(loop_, regions_in_memory());
  }
  EXPECT_EQ(found, 3);
}

TEST_F(KeptFilesTest, ARemovedDirectoryIsAnEmptyOne) {
  open(a_song());
  get();
  settle();
  for (const auto& piece : pieces()) std::filesystem::remove(piece);
  EXPECT_EQ(get().body, content(0, length));
  settle();
  EXPECT_EQ(song_->served, 2 * length);
}

// They may be there: the program has run out of descriptors, not of pieces.
TEST_F(KeptFilesTest, WhatCannotBeOpenedNowIsNotTakenForLost) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  for (const bool known : {false, true}) {
    SCOPED_TRACE(known ? "a piece" : "the record");
    open(a_song());
    get();
    settle();
    reopen();
    if (known) get(0, 0);
    const rlimit none{static_cast<rlim_t>(io::OwnedDescriptor(::dup(0)).get()), before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const Got meanwhile = get();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(meanwhile.body == content(0, length));
    settle();
    const std::uint64_t served = song_->served;
    EXPECT_GT(served, length);
    const Got got = get();
    EXPECT_TRUE(got.body == content(0, length));
    EXPECT_EQ(got.use.state, State::hit);
    EXPECT_EQ(song_->served, served);
    TearDown();
    SetUp();
  }
}

// It stands for one that is not known.
TEST_F(KeptFilesTest, TheLengthThatMeansEndlessIsNotKept) {
  for (const std::uint64_t size : {endless - 1, endless, endless + 1}) {
    SCOPED_TRACE(size);
    open(a_song(size));
    EXPECT_EQ(get(size - 10, size - 1).body, content(size - 10, size));
    settle();
    EXPECT_EQ(pieces().size(), size < endless ? 1U : 0U);
    TearDown();
    SetUp();
  }
}

TEST_F(KeptFilesTest, ARecordThatCouldNotBeWrittenIsWrittenWhenTheSongIsConfirmed) {
  auto song = a_song();
  song->what.ranges = false;
  song->what.caching.max_age = std::chrono::seconds(0);
  open(song);
  const Locator locator{Locator::Kind::plain, "song.mp3", {}};
  const auto obstacle = directory_ + '/' + hash_name(key_of(locator, "scope")) + ".song.new";
  std::filesystem::create_directory(obstacle);
  get();
  settle();
  std::filesystem::remove(obstacle);
  get();
  reopen();
  EXPECT_EQ(get().use.state, State::hit);
  EXPECT_EQ(song->served, length);
}

// Nothing would ever remove it, nor count it.
TEST_F(KeptFilesTest, AnEmptySongLeavesNothingOnDisk) {
  for (const bool known : {true, false}) {
    auto song = a_song(0);
    song->what.validators = {};
    song->what.single_pass = true;
    song->what.ranges = false;
    song->what.caching.max_age = std::chrono::seconds(known ? 0 : 3600);
    song->hidden_length = 0;
    if (!known) song->what.length.reset();
    open(song);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(get().body, "");
    settle();
    EXPECT_FALSE(std::filesystem::exists(directory_ + '/' + record_name(hash_name(the_key()))));
    close();
  }
}

TEST_F(KeptFilesTest, ASongThatCannotBeForgottenForGoodIsAnError) {
  open(a_song());
  get();
  settle();
  const auto stuck = pieces().front();
  std::filesystem::remove(stuck);
  std::filesystem::create_directory(stuck);
  EXPECT_FALSE(test::run(loop_, cache_->forget(the_key())));
  EXPECT_EQ(pieces().size(), 1U);
  EXPECT_FALSE(test::run(loop_, cache_->forget(the_key()))) << "it is still there";
  std::filesystem::remove(stuck);
  EXPECT_TRUE(test::run(loop_, cache_->forget(the_key())));
  EXPECT_EQ(cache_->statistics().songs, 0U);
}

// Else it would hold up everything else that wants the disk.
TEST_F(KeptFilesTest, ForgettingASongDoesNotWaitUntilItWasFound) {
  open(a_song());
  get();
  settle();
  close();
  {
    Unlistable unlistable(directory_);
    Cache cache(options_);
    EXPECT_TRUE(test::run(loop_, cache.forget(the_key())));
    EXPECT_FALSE(cache.store().disk().is_scanned());
    unlistable.end();
    EXPECT_TRUE(cache.store().disk().wait_until_scanned(std::chrono::minutes(1)));
    EXPECT_EQ(cache.statistics().songs, 0U);
    cache.stop();
  }
  EXPECT_EQ(pieces().size(), 0U);
}

// A crash may leave it so.
TEST_F(KeptFilesTest, WhatIsForgottenIsGoneAlsoWhereItsRecordNamesAnotherVersion) {
  open(a_song());
  get();
  settle();
  close();
  const auto song = hash_name(the_key());
  {
    const std::string last = pieces().back();
    for (const auto& piece : pieces()) {
      if (piece != last) std::filesystem::remove(piece);
    }
    std::filesystem::rename(last, directory_ + '/' + piece_name({song, 7, 0}));
  }
  open(song_);
  EXPECT_TRUE(test::run(loop_, cache_->forget(the_key())));
  EXPECT_EQ(cache_->statistics().songs, 0U);
  EXPECT_EQ(pieces().size(), 0U);
}

TEST_F(KeptFilesTest, TheSizeIsABound) {
  options_.size = 16 * B;
  open(a_song(100 * B));
  EXPECT_EQ(get().body, content(0, 100 * B));
  settle();
  EXPECT_LE(cache_->statistics().bytes, 16 * B);
  EXPECT_GT(cache_->statistics().evictions, 0U);
  std::uint64_t on_disk = 0;
  for (const auto& piece : pieces()) {
    struct stat status {};
    ASSERT_EQ(::stat(piece.c_str(), &status), 0);
    on_disk += static_cast<std::uint64_t>(status.st_blocks) * 512;
  }
  EXPECT_LE(on_disk, 16 * B);
  EXPECT_EQ(get().body, content(0, 100 * B));
}

TEST_F(KeptFilesTest, ADirectoryThatCannotBeUsedIsNone) {
  options_.path = "/proc/no/such/directory";
  open(a_song());
  for (int i = 0; i < 2; ++i) EXPECT_EQ(get().body, content(0, length));
  EXPECT_EQ(song_->served, 2 * length);
}

TEST_F(KeptFilesTest, OneProcessForEachDirectory) {
  open(a_song());
  get();
  settle();
  Cache second(options_);
  EXPECT_EQ(second.statistics().songs, 0U);
  second.stop();
}

}  // namespace
}  // namespace tonearm::cache
