#include "unit/cache/cache_fixture.h"

namespace tonearm::cache {
namespace {

/// One request that reads a song in several parts, step by step.
class PartsTest : public CacheTest {
 protected:
  static constexpr std::uint64_t B = 32 * 1024;
  static constexpr std::uint64_t length = 40 * B;

  /// Nothing proves that two answers of the origin are one version.
  static std::shared_ptr<ScriptedSong> a_weak_song() {
    auto song = std::make_shared<ScriptedSong>(length);
    song->what.validators = {};
    song->what.single_pass = true;
    return song;
  }
  void TearDown() override {
    reader_.reset();
    resource_.reset();
    CacheTest::TearDown();
  }

  void ask(std::uint64_t first, std::optional<std::uint64_t> last, bool several) {
    source::SourceRequest request;
    request.locator.value = "song.mp3";
    resource_ = std::move(*source_->open(request));
    source::ReadIntent intent;
    intent.range = http::RangeSpec{first, last};
    intent.several = several;
    const auto what = test::run(loop_, resource_->describe(intent));
    ASSERT_TRUE(what) << what.error().detail;
  }
  void read_from(std::uint64_t first, std::optional<std::uint64_t> end) {
    reader_.reset();
    reader_ = resource_->read(first, end);
  }
  /// The next bytes; none at the end, or when it broke.
  std::string some() {
    const Result<io::Chunk> chunk = test::run(loop_, reader_->read());
    EXPECT_TRUE(chunk) << chunk.error().detail;
    return chunk ? bytes_of(*chunk) : std::string();
  }
  std::string rest() {
    std::string all;
    for (std::string next = some(); !next.empty(); next = some()) all += next;
    return all;
  }

  std::unique_ptr<source::Resource> resource_;
  std::unique_ptr<io::ByteReader> reader_;
};

TEST_F(PartsTest, WhatIsNotKeptIsReadInSeveralPartsToo) {
  for (const std::uint64_t first : {std::uint64_t{0}, 5 * B}) {
    auto song = a_weak_song();
    song->what.caching.no_store = first == 0;  // the other one begins too late to be kept
    open(song);
    ask(first, first + 99, true);
    read_from(first, first + 100);
    EXPECT_EQ(rest(), content(first, first + 100));
    read_from(9 * B, 9 * B + 50);
    EXPECT_EQ(rest(), content(9 * B, 9 * B + 50));
    TearDown();
    SetUp();
  }
}

}  // namespace
}  // namespace tonearm::cache
