#include "unit/cache/cache_fixture.h"

namespace tonearm::cache {
namespace {

using State = source::CacheUse::State;

/// Requests that may end without a body, or with another part than the one in their Range: which,
/// they tell of the representation that they are shown.
class ConditionalTest : public CacheTest {
 protected:
  static constexpr std::uint64_t length = 40 * B;

  struct Request {
    std::unique_ptr<source::Resource> resource;
    source::ReadIntent intent;
  };
  /// As with If-None-Match: `asked` is read unless `etag` is the current one.
  Request unless(const std::string& etag, http::ByteRange asked) {
    Request request;
    request.resource = std::move(*source_->open(
        source::SourceRequest{Locator{Locator::Kind::plain, "song.mp3", {}}, false}));
    request.intent.likely = false;
    request.intent.range = http::RangeSpec{asked.first, asked.end - 1};
    request.intent.parts = [etag, asked](const http::Representation& what) {
      http::ByteRanges parts;
      const bool current = what.validators.etag && what.validators.etag->opaque == etag;
      if (!current) parts.push_back(asked);
      return parts;
    };
    return request;
  }
  Result<http::Representation> describe(const Request& request) {
    return test::run(loop_, request.resource->describe(request.intent));
  }
  std::string read(const Request& request, http::ByteRange range) {
    const auto reader = request.resource->read(range.first, range.end);
    std::string all;
    for (;;) {
      const Result<io::Chunk> chunk = test::run(loop_, reader->read());
      EXPECT_TRUE(chunk) << chunk.error().detail;
      if (!chunk || chunk->empty()) return all;
      all += bytes_of(*chunk);
    }
  }
};

TEST_F(ConditionalTest, WhatTheClientHasCostsTheOriginNothing) {
  open(std::make_shared<ScriptedSong>(length));
  get(0, 99);
  settle();
  const int described = song_->described;
  const Request request = unless("\"v1\"", {20 * B, 21 * B});
  ASSERT_TRUE(describe(request));
  EXPECT_EQ(request.resource->cache_use().state, State::hit);
  EXPECT_TRUE(request.resource->cache_use().age);
  EXPECT_EQ(song_->described, described);
}

TEST_F(ConditionalTest, WhatComesFromTheOriginIsNoHit) {
  open(std::make_shared<ScriptedSong>(length));
  get(0, 99);
  settle();
  const http::ByteRange missing{20 * B, 21 * B};
  const Request request = unless("\"other\"", missing);
  ASSERT_TRUE(describe(request));
  EXPECT_EQ(request.resource->cache_use().state, State::miss);
  EXPECT_FALSE(request.resource->cache_use().age);
  EXPECT_EQ(read(request, missing), content(20 * B, 21 * B));
}

// Just the client whose copy is out of date asks so.
TEST_F(ConditionalTest, ANewVersionIsFoundBeforeTheHead) {
  open(std::make_shared<ScriptedSong>(length));
  get(0, 99);
  settle();
  song_->seed = 9;
  song_->what.validators.etag = http::EntityTag{"\"v2\"", false};
  const http::ByteRange missing{20 * B, 21 * B};
  const Request request = unless("\"v0\"", missing);
  const auto what = describe(request);
  ASSERT_TRUE(what) << what.error().detail;
  EXPECT_EQ(what->validators.etag->opaque, "\"v2\"");
  EXPECT_EQ(read(request, missing), content(20 * B, 21 * B, 9));
}

// As If-Range does where it does not match.
TEST_F(ConditionalTest, TheWholeIsReadyWhereTheRangeIsUndone) {
  open(std::make_shared<ScriptedSong>(length));
  get(20 * B, 21 * B - 1);
  settle();
  song_->seed = 9;
  song_->what.validators.etag = http::EntityTag{"\"v2\"", false};
  for (const std::uint64_t asked : {20 * B, 2 * length}) {
    Request request = unless("\"v0\"", {0, length});
    request.intent.range = http::RangeSpec{asked, asked + 9};
    const auto what = describe(request);
    ASSERT_TRUE(what) << what.error().detail;
    EXPECT_EQ(what->validators.etag->opaque, "\"v2\"");
    EXPECT_EQ(read(request, {0, length}), content(0, length, 9));
    settle();
  }
}

// It reads what is kept already, and what lies behind comes only once.
TEST_F(ConditionalTest, ASongThatComesOnlyOnceIsNotLostWithTheOneWhoBeganIt) {
  auto song = std::make_shared<ScriptedSong>(length);
  song->what.validators = {};
  song->what.single_pass = true;
  options_.read_ahead = 5 * B;
  open(song);
  Request first = unless("\"v0\"", {0, length});
  first.intent.likely = true;
  ASSERT_TRUE(describe(first));
  auto reader = first.resource->read(0, length);
  for (std::uint64_t got = 0; got < 8 * B;) {
    const Result<io::Chunk> chunk = test::run(loop_, reader->read());
    ASSERT_TRUE(chunk);
    got += chunk->size();
  }
  let_run();
  const Request second = unless("\"v0\"", {0, length});
  ASSERT_TRUE(describe(second));
  reader.reset();
  first.resource.reset();
  let_run();
  EXPECT_TRUE(read(second, {0, length}) == content(0, length));
  EXPECT_EQ(song->described, 1);
}

}  // namespace
}  // namespace tonearm::cache
