#include "tonearm/source/sound.h"

#include "support/run.h"

#include <boost/endian/conversion.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tonearm::source {
namespace {

/// A resource in memory, in chunks of seven bytes. Says what was read of it.
class MemoryResource final : public Resource {
 public:
  using Reads = std::vector<std::pair<std::uint64_t, std::optional<std::uint64_t>>>;

  MemoryResource(std::string content, http::Representation what, Reads& reads)
      : content_(std::move(content)), what_(std::move(what)), reads_(reads) {}

  io::Task<Result<http::Representation>> describe(const ReadIntent& intent) override {
    if (intent.parts) {
      for (const http::ByteRange& part : intent.parts(what_)) {
        reads_.emplace_back(part.first, part.end);
      }
    }
    co_return what_;
  }

  std::unique_ptr<io::ByteReader> read(std::uint64_t first,
                                       std::optional<std::uint64_t> end) override {
    reads_.emplace_back(first, end);
    return std::make_unique<Reader>(content_, first,
                                    std::min(end.value_or(UINT64_MAX), content_.size()));
  }
  OriginUse origin_use() const override { return {}; }
  CacheUse cache_use() const override {
    CacheUse use;
    use.state = CacheUse::State::hit;
    return use;
  }

 private:
  class Reader final : public io::ByteReader {
   public:
    Reader(const std::string& content, std::uint64_t first, std::uint64_t end)
        : rest_(std::string_view(content).substr(first, end - first)) {}
    io::Task<Result<io::Chunk>> read() override {
      const auto piece = rest_.substr(0, 7);
      rest_.remove_prefix(piece.size());
      co_return io::Chunk(std::as_bytes(std::span(piece)));
    }

   private:
    std::string_view rest_;
  };

  std::string content_;
  http::Representation what_;
  Reads& reads_;
};

std::string samples(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += static_cast<char>((i * 31 + i / 251) & 0xFF);
  return out;
}

http::Representation known(std::uint64_t length) {
  http::Representation what;
  what.length = length;
  what.validators.etag = http::EntityTag{"\"v1\"", false};
  what.validators.last_modified = http::HttpTime(std::chrono::seconds(1'600'000'000));
  return what;
}

http::Representation growing(std::uint64_t exists) {
  http::Representation what;
  what.growth = http::Growth{exists, 64 * 1024, std::nullopt};
  return what;
}

class Sound : public testing::Test {
 protected:
  /// Describes it; the resource itself is `resource`.
  Result<http::Representation> describe(std::string content, http::Representation what,
                                        const char* pcm, const char* position,
                                        const ReadIntent& intent = {}) {
    SoundView view;
    if (pcm != nullptr) view.pcm = http::parse_pcm_format(pcm).value();
    if (position != nullptr) view.position = http::SoundPosition::parse(position).value();
    if (patience) view.patience = *patience;
    resource = view_as_wav(
        std::make_unique<MemoryResource>(std::move(content), std::move(what), reads), view);
    return test::run(resource->describe(intent));
  }

  std::string read(std::uint64_t first, std::optional<std::uint64_t> end) {
    const auto reader = resource->read(first, end);
    std::string out;
    for (;;) {
      const io::Chunk chunk = test::run(reader->read()).value();
      if (chunk.empty()) return out;
      out.append(reinterpret_cast<const char*>(chunk.memory().data()), chunk.memory().size());
    }
  }

  /// Every way to cut it yields the same bytes.
  void expect_content(const std::string& whole) {
    EXPECT_EQ(read(0, whole.size()), whole);
    for (std::size_t first = 0; first < whole.size(); first += 5) {
      for (std::size_t end = first + 1; end <= whole.size(); end += 13) {
        ASSERT_EQ(read(first, end), whole.substr(first, end - first)) << first << '-' << end;
      }
    }
  }

  MemoryResource::Reads reads;
  std::optional<std::chrono::milliseconds> patience;
  std::unique_ptr<Resource> resource;
};

constexpr const char* pcm = "s16le/100/1";  // 200 bytes a second

TEST_F(Sound, WhatTheCacheGaveIsToldOfItsSound) {
  ASSERT_TRUE(describe(samples(300), known(300), pcm, nullptr));
  EXPECT_EQ(resource->cache_use().state, CacheUse::State::hit);
}

// A cache below has to know what will be read, and of which representation that was asked.
TEST_F(Sound, WhatWillBeReadIsToldInPositionsBelow) {
  ReadIntent intent;
  http::Representation shown;
  intent.parts = [&shown](const http::Representation& what) {
    shown = what;
    return http::ByteRanges{{0, 44}, {0, 46}, {50, 60}, {44, *what.length}};
  };
  const auto what = describe(samples(600), known(600), pcm, "1", intent);
  ASSERT_TRUE(what);
  EXPECT_EQ(reads, (MemoryResource::Reads{{200, 202}, {206, 216}, {200, 600}}));
  EXPECT_EQ(shown.length, what->length);
  EXPECT_EQ(shown.validators, what->validators);
}

const http::WavFormat format = http::parse_pcm_format(pcm).value();

std::string wav(const std::string& sound, const std::string& before = {}) {
  std::string header = http::wav_header(format, sound.size());
  header.insert(12, before);
  return header + sound;
}

TEST_F(Sound, WithoutAViewItIsTheSameResource) {
  describe("abc", known(3), nullptr, nullptr).value();
  expect_content("abc");
}

TEST_F(Sound, PcmIsAHeaderAndTheSamples) {
  const std::string sound = samples(300);
  const auto what = describe(sound, known(300), pcm, nullptr).value();
  EXPECT_EQ(what.length, 344U);
  EXPECT_EQ(what.content_type, "audio/wav");
  EXPECT_NE(what.validators.etag, known(1).validators.etag);
  EXPECT_EQ(what.validators.last_modified, known(1).validators.last_modified);
  expect_content(wav(sound));
}

TEST_F(Sound, ALengthThatLeavesNoRoomForTheHeaderDoesNotWrap) {
  const auto what = describe(samples(300), known(UINT64_MAX), pcm, nullptr).value();
  EXPECT_GT(what.length, UINT64_MAX / 4);
}

TEST_F(Sound, APartOfAFrameAtTheEndIsLeftOut) {
  const std::string sound = samples(301);
  EXPECT_EQ(describe(sound, known(301), pcm, nullptr).value().length, 344U);
  expect_content(wav(sound.substr(0, 300)));
}

TEST_F(Sound, PcmFromAPositionIsAWavOfItsOwn) {
  const std::string sound = samples(300);
  EXPECT_EQ(describe(sound, known(300), pcm, "0.999").value().length, 44U + 102);
  expect_content(wav(sound.substr(198)));  // rounded down to frame 99
}

TEST_F(Sound, EachPositionAndFormatHasItsOwnTag) {
  std::vector<std::string> tags;
  const std::pair<const char*, const char*> views[] = {
      {pcm, nullptr}, {pcm, "0"}, {pcm, "0.5"}, {"u8/100/1", nullptr}, {"s16le/50/1", nullptr}};
  for (const auto& [as, position] : views) {
    tags.push_back(
        describe(samples(300), known(300), as, position).value().validators.etag->opaque);
  }
  std::sort(tags.begin(), tags.end());
  EXPECT_EQ(std::unique(tags.begin(), tags.end()), tags.end());
}

TEST_F(Sound, AtOrPastTheEndThereIsNothing) {
  for (const char* position : {"1.5", "2", "99999999999999999999999999"}) {
    const auto what = describe(samples(300), known(300), pcm, position).value();
    EXPECT_TRUE(what.starts_past_end) << position;
    EXPECT_EQ(what.length, 344U);
  }
  EXPECT_FALSE(describe(samples(300), known(300), pcm, "1.49").value().starts_past_end);
  EXPECT_TRUE(describe("", known(0), pcm, "0").value().starts_past_end);
  EXPECT_FALSE(describe("", known(0), pcm, nullptr).value().starts_past_end);
}

TEST_F(Sound, AWavIsReadThroughTheResource) {
  const std::string sound = samples(9000);
  const std::string file = wav(sound, "LIST" + std::string("\5\0\0\0INFOx\0", 10));
  EXPECT_EQ(describe(file, known(file.size()), nullptr, "1").value().length, 44U + 8800);
  EXPECT_EQ(reads.size(), 1U);  // header in one piece
  EXPECT_EQ(read(0, 8844), wav(sound.substr(200)));
}

TEST_F(Sound, WhatStandsBehindTheSoundIsNoSound) {
  const std::string sound = samples(300);
  const std::string file = wav(sound) + "LIST" + std::string("\4\0\0\0INFO", 8);
  EXPECT_EQ(describe(file, known(file.size()), nullptr, "0").value().length, 344U);
  expect_content(wav(sound));
}

TEST_F(Sound, AHeaderThatPromisesTooMuchIsCutToTheFile) {
  const std::string file = wav(samples(300)).substr(0, 244);
  EXPECT_EQ(describe(file, known(file.size()), nullptr, "0").value().length, 244U);
}

TEST_F(Sound, APositionInAnythingElseIsABadRequest) {
  for (const std::string& file :
       {std::string(), std::string("ID3xxxxxxxxxxxxxxxxxx"), std::string(10'000, 'x')}) {
    const auto what = describe(file, known(file.size()), nullptr, "1");
    ASSERT_FALSE(what);
    EXPECT_EQ(what.error().kind, ErrorKind::bad_request);
  }
}

TEST_F(Sound, OfUnknownLengthItIsReadInOnePass) {
  const std::string sound = samples(300);
  http::Representation unknown;
  unknown.seekable = false;
  EXPECT_FALSE(describe(sound, unknown, pcm, "1").value().length);
  EXPECT_EQ(read(0, std::nullopt), http::wav_header(format, std::nullopt) + sound.substr(200));
  EXPECT_EQ(reads.size(), 1U);

  reads.clear();
  EXPECT_FALSE(describe(wav(sound) + "tail", unknown, nullptr, "1").value().length);
  EXPECT_EQ(read(0, std::nullopt), wav(sound.substr(200)));
  EXPECT_EQ(reads.size(), 1U);
}

TEST_F(Sound, OfUnknownLengthThereIsNothingAtOrPastTheEnd) {
  const std::string sound = samples(300);
  http::Representation unknown;
  unknown.seekable = false;
  const std::string of_unknown_size = http::wav_header(format, std::nullopt) + sound;
  const std::string promises_too_much = http::wav_header(format, 400) + sound + "x";
  const std::pair<std::string, const char*> views[] = {
      {sound, pcm}, {sound + "x", pcm}, {of_unknown_size, nullptr}, {promises_too_much, nullptr}};
  for (const auto& [file, as] : views) {
    for (const char* position : {"1.5", "1.7", "99999999999999999999999999"}) {
      const auto what = describe(file, unknown, as, position).value();
      EXPECT_TRUE(what.starts_past_end) << position;
    }
    EXPECT_EQ(describe(file, unknown, as, "1.5").value().length, 344U);
    reads.clear();
    EXPECT_FALSE(describe(file, unknown, as, "1.49").value().starts_past_end);
    EXPECT_EQ(read(0, std::nullopt).substr(44), sound.substr(298));
    EXPECT_EQ(reads.size(), 1U);
  }
  EXPECT_TRUE(describe("", unknown, pcm, "0").value().starts_past_end);
  EXPECT_TRUE(describe(wav(""), unknown, nullptr, "0").value().starts_past_end);
  EXPECT_FALSE(describe("", unknown, pcm, nullptr).value().starts_past_end);
}

// The head does not wait for it longer than for anything else.
TEST_F(Sound, OfUnknownLengthAPositionThatDoesNotComeInTimeIsTakenToLieBeforeTheEnd) {
  http::Representation unknown;
  unknown.seekable = false;
  patience = std::chrono::milliseconds(0);
  for (const char* position : {"1", "2"}) {
    const auto what = describe(samples(300), unknown, pcm, position).value();
    EXPECT_FALSE(what.starts_past_end) << position;
    EXPECT_FALSE(what.length) << position;
    const std::string rest = position[0] == '1' ? samples(300).substr(200) : "";
    EXPECT_EQ(read(0, std::nullopt), http::wav_header(format, std::nullopt) + rest) << position;
  }
}

TEST_F(Sound, OfUnknownLengthNothingIsReadForAnAnswerWithoutABody) {
  http::Representation unknown;
  unknown.seekable = false;
  ReadIntent intent;
  intent.likely = false;
  intent.parts = [](const http::Representation&) { return http::ByteRanges(); };
  EXPECT_FALSE(describe(samples(300), unknown, pcm, "2", intent).value().starts_past_end);
  EXPECT_TRUE(reads.empty());
}

TEST_F(Sound, OfUnknownLengthAPartOfAFrameAtTheEndIsLeftOut) {
  const std::string sound = samples(301);
  http::Representation unknown;
  unknown.seekable = false;
  describe(sound, unknown, pcm, nullptr).value();
  EXPECT_EQ(read(0, std::nullopt).substr(44), sound.substr(0, 300));
  describe(sound, unknown, pcm, "1").value();
  EXPECT_EQ(read(0, std::nullopt).substr(44), sound.substr(200, 100));
  describe(http::wav_header(format, 400) + sound, unknown, nullptr, "1").value();
  EXPECT_EQ(read(0, std::nullopt).substr(44), sound.substr(200, 100));
}

/// A cache that has all of it later makes another WAV of it.
TEST_F(Sound, OfUnknownLengthNothingIdentifiesIt) {
  const std::string sound = samples(301);
  http::Representation unknown = known(0);
  unknown.length.reset();
  unknown.seekable = false;
  unknown.validators.last_modified_is_strong = true;
  const std::pair<std::string, const char*> views[] = {{sound, pcm}, {wav(sound), nullptr}};
  for (const auto& [file, as] : views) {
    const auto what = describe(file, unknown, as, "0").value();
    EXPECT_EQ(what.validators, http::Validators());
  }
}

TEST_F(Sound, OfUnknownLengthAPartOfAFrameBehindTheSoundIsLeftOut) {
  const std::string sound = samples(301);
  http::Representation unknown;
  unknown.seekable = false;
  describe(wav(sound) + "tail", unknown, nullptr, "1").value();
  EXPECT_EQ(read(0, std::nullopt), wav(sound.substr(200, 100)));
}

TEST_F(Sound, OfUnknownLengthAHeaderThatPromisesTooMuchLosesNothing) {
  const std::string sound = samples(300);
  http::Representation unknown;
  unknown.seekable = false;
  std::string header = http::wav_header(format, std::uint64_t{1} << 32);
  const std::size_t data_size = 12 + 8 + 8;  // in the ds64 chunk
  for (const std::uint64_t size : {UINT64_MAX, UINT64_MAX - 1, UINT64_MAX / 2 + 1}) {
    const std::uint64_t little = boost::endian::native_to_little(size);
    header.replace(data_size, 8, reinterpret_cast<const char*>(&little), 8);
    EXPECT_FALSE(describe(header + sound, unknown, nullptr, "1").value().starts_past_end);
    EXPECT_EQ(read(0, std::nullopt), http::wav_header(format, std::nullopt) + sound.substr(200));
  }
}

TEST_F(Sound, GrowingPcmHasAHeaderOfUnknownSize) {
  const std::string sound = samples(300);
  const auto what = describe(sound, growing(300), pcm, "1").value();
  ASSERT_TRUE(what.growth);
  EXPECT_EQ(what.growth->exists, 44U + 100);
  EXPECT_EQ(what.growth->lead, 200U);
  EXPECT_EQ(what.growth->most, http::largest_wav);
  EXPECT_EQ(read(0, 144), http::wav_header(format, std::nullopt) + sound.substr(200));
  EXPECT_EQ(reads.back(), (std::pair<std::uint64_t, std::optional<std::uint64_t>>(200, 300)));
}

TEST_F(Sound, GrowingSoundThatEndsWithinAFrameEndsBeforeIt) {
  const std::pair<const char*, std::size_t> formats[] = {{"s16le/100/1", 2}, {"s24le/100/3", 9}};
  for (const auto& [name, frame] : formats) {
    const std::size_t whole = 300 / frame * frame;
    const std::string sound = samples(whole + frame - 1);
    describe(sound, growing(100), name, nullptr).value();
    const std::string header = http::wav_header(*http::parse_pcm_format(name), std::nullopt);
    const std::string frames = header + sound.substr(0, whole);
    EXPECT_EQ(read(0, std::nullopt), frames);
    EXPECT_EQ(read(10, 100'000), frames.substr(10));
    EXPECT_EQ(read(header.size() + 101, 100'000), sound.substr(101, whole - 101)) << "in a frame";
    const std::size_t all = header.size() + sound.size();
    EXPECT_EQ(read(header.size(), all), sound) << "all of what was asked for";
  }
}

TEST_F(Sound, AnEndFarBehindAllSoundDoesNotWrap) {
  const std::string sound = samples(300);
  describe(sound, growing(300), pcm, "1").value();
  const auto reader = resource->read(44, UINT64_MAX);
  EXPECT_FALSE(test::run(reader->read()).value().empty());
  EXPECT_EQ(reads.back().second, UINT64_MAX);
}

TEST_F(Sound, GrowingPcmIsWaitedForUpToASecondAhead) {
  EXPECT_FALSE(describe(samples(300), growing(300), pcm, "2.5").value().starts_past_end);
  const auto what = describe(samples(300), growing(300), pcm, "2.51").value();
  EXPECT_TRUE(what.starts_past_end);
  EXPECT_EQ(what.growth->exists, 344U);
}

TEST_F(Sound, AGrowingWavIsFollowedWhateverItsHeaderSays) {
  const std::string sound = samples(300);
  const std::string file = http::wav_header(format, 0) + sound;
  const auto what = describe(file, growing(file.size()), nullptr, "1").value();
  ASSERT_TRUE(what.growth);
  EXPECT_EQ(what.growth->exists, 44U + 100);
  EXPECT_EQ(read(44, 144), sound.substr(200));
}

}  // namespace
}  // namespace tonearm::source
