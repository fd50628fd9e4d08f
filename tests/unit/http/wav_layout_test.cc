#include "tonearm/http/wav_layout.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tonearm::http {
namespace {

using State = WavLayoutReader::State;

std::string u32(std::uint32_t value) {
  std::string out;
  for (unsigned i = 0; i < 4; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFF);
  return out;
}
std::string u16(std::uint16_t value) { return u32(value).substr(0, 2); }
std::string u64(std::uint64_t value) {
  return u32(static_cast<std::uint32_t>(value)) + u32(static_cast<std::uint32_t>(value >> 32));
}

std::string chunk(std::string_view id, const std::string& body) {
  return std::string(id) + u32(static_cast<std::uint32_t>(body.size())) + body +
         (body.size() % 2 != 0 ? std::string(1, '\0') : std::string());
}
std::string riff(const std::string& chunks, std::string_view id = "RIFF") {
  return std::string(id) + u32(static_cast<std::uint32_t>(chunks.size() + 4)) + "WAVE" + chunks;
}
std::string format(std::uint16_t tag = 1, std::uint16_t align = 2, std::uint16_t bits = 16) {
  return chunk("fmt ", u16(tag) + u16(1) + u32(16000) + u32(32000) + u16(align) + u16(bits));
}

WavLayoutReader read(const std::string& file) {
  WavLayoutReader reader;
  while (reader.state() == State::reading) {
    const ByteRange wanted = reader.wanted();
    const std::size_t first = std::min<std::size_t>(wanted.first, file.size());
    reader.feed(std::string_view(file).substr(first, wanted.size()));
  }
  return reader;
}

void expect_sound(const std::string& file, std::uint64_t first, std::optional<std::uint64_t> size) {
  const WavLayoutReader reader = read(file);
  ASSERT_EQ(reader.state(), State::found);
  EXPECT_EQ(reader.layout().data_first, first);
  EXPECT_EQ(reader.layout().data_size, size);
  EXPECT_EQ(reader.layout().format.rate, 16000U);
}

TEST(WavLayout, FindsTheSoundOfAPlainWav) {
  expect_sound(riff(format() + chunk("data", "12345678")), 44, 8);
}

TEST(WavLayout, SkipsOtherChunksAndTheirPadding) {
  expect_sound(riff(chunk("LIST", "INFOabc") + format() + chunk("JUNK", "x") + chunk("data", "12")),
               44 + 16 + 10, 2);
}

TEST(WavLayout, ReadsExtensible) {
  const std::string guid("\1\0\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71", 16);
  const std::string body = u16(0xFFFE) + u16(6) + u32(16000) + u32(288000) + u16(18) + u16(24) +
                           u16(22) + u16(24) + u32(0x3F) + guid;
  const WavLayoutReader reader = read(riff(chunk("fmt ", body) + chunk("data", "")));
  ASSERT_EQ(reader.state(), State::found);
  EXPECT_EQ(reader.layout().format, parse_pcm_format("s24le/16000/6"));
}

TEST(WavLayout, UnknownSizesAreUnknown) {
  expect_sound(riff(format() + "data" + u32(0xFFFFFFFF)), 44, std::nullopt);
  expect_sound(riff(format() + "data" + u32(0)), 44, std::nullopt);
}

TEST(WavLayout, ReadsTheSizesOfRf64AndBw64) {
  const std::string sizes = chunk("ds64", u64(1) + u64(5'000'000'000) + u64(0) + u32(0));
  for (const char* id : {"RF64", "BW64"}) {
    expect_sound(riff(sizes + format() + "data" + u32(0xFFFFFFFF), id), 80, 5'000'000'000);
    // Only where the chunk itself does not say.
    expect_sound(riff(sizes + format() + "data" + u32(10), id), 80, 10);
  }
  expect_sound(riff(sizes + format() + "data" + u32(0xFFFFFFFF)), 80, std::nullopt);
}

TEST(WavLayout, ASizeThatNoFileHasIsUnknown) {
  for (const std::uint64_t size : {UINT64_MAX, UINT64_MAX - 79, std::uint64_t{1} << 63}) {
    const std::string sizes = chunk("ds64", u64(size) + u64(size) + u64(0) + u32(0));
    expect_sound(riff(sizes + format() + "data" + u32(0xFFFFFFFF), "RF64"), 80, std::nullopt);
  }
  const std::uint64_t largest = (std::uint64_t{1} << 63) - 1;
  const std::string sizes = chunk("ds64", u64(0) + u64(largest) + u64(0) + u32(0));
  expect_sound(riff(sizes + format() + "data" + u32(0xFFFFFFFF), "RF64"), 80, largest);
}

TEST(WavLayout, RefusesWhatIsNoWavOrHasNoFixedFrames) {
  for (const std::string& file :
       {std::string(), std::string("ID3"), std::string(100, 'x'), riff("") + std::string(100, '\0'),
        riff(chunk("data", "12") + format()), riff(format()),
        riff(format(0x11) + chunk("data", "")), riff(format(0x55) + chunk("data", "")),
        riff(format(1, 0) + chunk("data", "")), riff(format(1, 3) + chunk("data", "")),
        riff(format(1, 0, 0) + chunk("data", "")), riff("fmt " + u32(15) + std::string(30, '\1')),
        riff("fmt " + u32(0xFFFFFFFF)), riff("LIST" + u32(0xFFFFFFFF)),
        std::string("RIFF\0\0\0\0AVI ", 12) + format()}) {
    EXPECT_EQ(read(file).state(), State::not_wav);
  }
}

TEST(WavLayout, ReadsNoMoreChunksThanIsReasonable) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += chunk("JUNK", "");
  EXPECT_EQ(read(riff(many + format() + chunk("data", ""))).state(), State::not_wav);
}

}  // namespace
}  // namespace tonearm::http
