#include "tonearm/io/owned_descriptor.h"

#include "cache/memory_trust.h"
#include "unit/cache/cache_fixture.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>

namespace tonearm::cache {
namespace {

using State = source::CacheUse::State;

/// What others, or the disk itself, do to the bytes that are kept.
class AlteredFilesTest : public CacheTest {
 protected:
  static constexpr std::uint64_t length = 9 * B + 1234;  // three slices of four blocks

  void TearDown() override {
    reader_.reset();
    resource_.reset();
    CacheTest::TearDown();
  }

  void keep(std::uint64_t first, std::uint64_t last) {
    EXPECT_EQ(get(first, last).body, content(first, last + 1));
    settle();
  }
  void begin_reading(std::uint64_t end) {
    reader_.reset();
    source::SourceRequest request;
    request.locator.value = "song.mp3";
    resource_ = std::move(*source_->open(request));
    ASSERT_TRUE(test::run(loop_, resource_->describe({})));
    reader_ = resource_->read(0, end);
  }
  Result<io::Chunk> read() { return test::run(loop_, reader_->read()); }
  std::string rest() {
    std::string all;
    for (;;) {
      const Result<io::Chunk> chunk = read();
      EXPECT_TRUE(chunk) << chunk.error().detail;
      if (!chunk || chunk->empty()) return all;
      all += bytes_of(*chunk);
    }
  }

  std::unique_ptr<source::Resource> resource_;
  std::unique_ptr<io::ByteReader> reader_;
};

/// The first byte of a file, through a mapping: once a page can be written to, writing to it sets
/// no time, as a disk that decays sets none.
class FirstByte {
 public:
  explicit FirstByte(const std::filesystem::path& of)
      : file_(::open(of.c_str(), O_RDWR | O_CLOEXEC)),
        page_(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0)) {}
  ~FirstByte() { ::munmap(page_, size); }
  FirstByte(const FirstByte&) = delete;
  FirstByte& operator=(const FirstByte&) = delete;

  bool valid() const { return page_ != MAP_FAILED; }
  void change() {
    auto* const byte = static_cast<volatile char*>(page_);
    *byte = static_cast<char>(*byte ^ 1);
  }

 private:
  static constexpr std::size_t size = 4096;
  io::OwnedDescriptor file_;
  void* page_;
};

/// False where the file system drops nothing.
bool drop_from_memory(const std::filesystem::path& piece) {
  const io::OwnedDescriptor file(::open(piece.c_str(), O_RDONLY | O_CLOEXEC));
  ::fdatasync(file.get());
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
  constexpr std::size_t size = 4 * block_size;
  void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  std::array<unsigned char, size / 4096> in_memory{};
  const bool asked = ::mincore(mapped, size, in_memory.data()) == 0;
  ::munmap(mapped, size);
  return asked && std::count(in_memory.begin(), in_memory.end(), 0) == std::ssize(in_memory);
}

TEST_F(AlteredFilesTest, WhatComesFromTheDiskOnceMoreIsComparedOnceMore) {
  open(std::make_shared<ScriptedSong>(length));
  keep(0, length - 1);
  const auto piece = pieces().at(1);
  {
    FirstByte byte(piece);
    ASSERT_TRUE(byte.valid());
    byte.change();
    byte.change();
    keep(0, length - 1);
    ASSERT_EQ(song_->served, length);
    byte.change();
  }
  // What was in memory a moment ago is not asked about again.
  const auto deadline = MemoryTrust::Clock::now() + 10 * MemoryTrust::calm;
  while (song_->served == length && MemoryTrust::Clock::now() < deadline) {
    if (!drop_from_memory(piece)) GTEST_SKIP() << "the file system drops nothing";
    get();
  }
  settle();
  EXPECT_EQ(song_->served, length + 4 * B);
  const Got got = get();
  EXPECT_TRUE(got.body == content(0, length));
  EXPECT_EQ(got.use.state, State::hit);
  // The kernel drops what was just sent, and so is asked oftener.
  const MemoryTrust& trust = cache_->store().disk().memory_trust();
  EXPECT_EQ(trust.lifetime(MemoryTrust::Clock::now()), MemoryTrust::pressed);
}

// Of what nobody was sent lately it says nothing that the kernel has dropped it.
TEST_F(AlteredFilesTest, WhatWasNotSentIsMissingInMemoryWithoutShorteningTrust) {
  open(std::make_shared<ScriptedSong>(length));
  begin_reading(length);
  ASSERT_TRUE(read());
  reader_.reset();  // the slice is fetched to its end, and proven
  resource_.reset();
  settle();
  if (!drop_from_memory(pieces().at(0))) GTEST_SKIP() << "the file system drops nothing";
  const Got got = get(2 * B, 2 * B + 9);
  EXPECT_EQ(got.body, content(2 * B, 2 * B + 10));
  EXPECT_EQ(got.use.state, State::hit);
  const MemoryTrust& trust = cache_->store().disk().memory_trust();
  EXPECT_EQ(trust.lifetime(MemoryTrust::Clock::now()), MemoryTrust::calm);
}

TEST_F(AlteredFilesTest, WhatIsAlteredWhileItIsSentIsNotCompleted) {
  open(std::make_shared<ScriptedSong>(length));
  for (const bool cut : {false, true}) {
    for (const std::uint64_t end : {4 * B, length}) {  // the last bytes of the answer, and others
      SCOPED_TRACE(std::to_string(end) + (cut ? " cut" : ""));
      keep(0, length - 1);
      begin_reading(end);
      ASSERT_TRUE(read());
      const auto piece = pieces().at(0);
      if (cut) {
        std::filesystem::resize_file(piece, 100);
      } else {
        std::fstream(piece, std::ios::in | std::ios::out | std::ios::binary).put('x');
      }
      get();  // who else comes meanwhile has seen it, too
      const Result<io::Chunk> next = read();
      ASSERT_FALSE(next);
      EXPECT_EQ(next.error().kind, ErrorKind::representation_changed);
    }
  }
}

// Written to by us, and gone by then.
TEST_F(AlteredFilesTest, WhatThisProcessDoesToAPieceIsNoAlteration) {
  open(std::make_shared<ScriptedSong>(length));
  for (const bool removed : {false, true}) {
    SCOPED_TRACE(removed);
    keep(0, B - 1);
    begin_reading(length);
    const Result<io::Chunk> first = read();
    ASSERT_TRUE(first);
    ASSERT_TRUE(first->file() != nullptr);
    const std::string begun = bytes_of(*first);
    keep(B, 4 * B - 1);
    if (removed) std::filesystem::remove(pieces().at(0));
    if (removed) get();
    EXPECT_TRUE(begun + rest() == content(0, length));
    reader_.reset();
    resource_.reset();
    test::run(loop_, source_->forget({Locator{Locator::Kind::plain, "song.mp3", {}}, false}));
  }
}

TEST_F(AlteredFilesTest, AFileWhoseModeIsSetIsWhatItWas) {
  open(std::make_shared<ScriptedSong>(length));
  keep(0, length - 1);
  begin_reading(length);
  const Result<io::Chunk> first = read();
  ASSERT_TRUE(first);
  const std::string begun = bytes_of(*first);
  for (const auto& piece : pieces()) ASSERT_EQ(::chmod(piece.c_str(), 0640), 0);
  EXPECT_TRUE(begun + rest() == content(0, length));
}

}  // namespace
}  // namespace tonearm::cache
