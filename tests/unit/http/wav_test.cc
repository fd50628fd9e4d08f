#include "tonearm/http/wav.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace tonearm::http {
namespace {

std::string bytes(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size();) {
    if (hex[i] == ' ') {
      ++i;
      continue;
    }
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    i += 2;
  }
  return out;
}

WavFormat format_of(std::string_view text) { return parse_pcm_format(text).value(); }

TEST(ParsePcmFormat, KnowsFfmpegsNames) {
  struct Row {
    const char* text;
    std::uint32_t frame;
    std::uint64_t byte_rate;
  };
  for (const Row& row : std::vector<Row>{{"u8/8000/1", 1, 8000},
                                         {"s16le/16000/1", 2, 32000},
                                         {"s16le/44100/2", 4, 176400},
                                         {"s24le/48000/6", 18, 864000},
                                         {"s32le/96000/2", 8, 768000},
                                         {"f32le/48000/8", 32, 1536000}}) {
    SCOPED_TRACE(row.text);
    const auto format = parse_pcm_format(row.text);
    ASSERT_TRUE(format);
    EXPECT_EQ(format->frame_size(), row.frame);
    EXPECT_EQ(format->byte_rate(), row.byte_rate);
  }
}

TEST(ParsePcmFormat, RefusesAllElse) {
  for (const char* text :
       {"", "s16le", "s16le/16000", "s16le/16000/", "s16le//1", "s16be/16000/1", "S16LE/16000/1",
        "s16le/0/1", "s16le/-1/1", "s16le/16000/0", "s16le/16000/9", "s16le/16000/1/1",
        "s16le/16000/1 ", " s16le/16000/1", "s16le/4294967296/1", "s16le/16e3/1", "mp3/44100/2"}) {
    EXPECT_FALSE(parse_pcm_format(text)) << text;
  }
}

TEST(WavHeader, IsTheClassic44BytesForPlainPcm) {
  EXPECT_EQ(wav_header(format_of("s16le/16000/1"), 32000),
            "RIFF" + bytes("247d0000") + "WAVEfmt " +
                bytes("10000000 0100 0100 803e0000 007d0000 0200 1000") + "data" +
                bytes("007d0000"));
  EXPECT_EQ(wav_header(format_of("u8/8000/2"), 0).size(), 44U);
}

TEST(WavHeader, SaysUnknownWhileItGrows) {
  const std::string header = wav_header(format_of("s16le/16000/1"), std::nullopt);
  EXPECT_EQ(header.size(), 44U);
  EXPECT_EQ(header.substr(4, 4), bytes("ffffffff"));
  EXPECT_EQ(header.substr(40), bytes("ffffffff"));
}

TEST(WavHeader, IsExtensibleForManyChannelsOrBits) {
  EXPECT_EQ(wav_header(format_of("s24le/48000/6"), 36),
            "RIFF" + bytes("60000000") + "WAVEfmt " +
                bytes("28000000 feff 0600 80bb0000 002f0d00 1200 1800 1600 1800 3f000000"
                      "0100 0000 0000 1000 8000 00aa00389b71") +
                "data" + bytes("24000000"));
  EXPECT_EQ(format_of("s32le/48000/1").tag, WavFormat::extensible);
  EXPECT_EQ(format_of("s16le/48000/3").tag, WavFormat::extensible);
  EXPECT_EQ(format_of("s32le/48000/1").coding(), WavFormat::pcm);
  EXPECT_EQ(format_of("f32le/48000/4").coding(), WavFormat::ieee_float);
}

TEST(WavHeader, HasAFactChunkForFloat) {
  const std::string header = wav_header(format_of("f32le/44100/2"), 80);
  EXPECT_EQ(header.size(), 58U);
  EXPECT_EQ(header.substr(12),
            "fmt " + bytes("12000000 0300 0200 44ac0000 20620500 0800 2000 0000") + "fact" +
                bytes("04000000 0a000000") + "data" + bytes("50000000"));
}

TEST(WavHeader, IsRf64WhereRiffIsTooSmall) {
  const WavFormat format = format_of("s16le/16000/1");
  EXPECT_EQ(wav_header(format, 0xFFFFFFFF - 36 - 2).substr(0, 4), "RIFF");
  EXPECT_EQ(wav_header(format, 5'000'000'000),
            "RF64" + bytes("ffffffff") + "WAVEds64" +
                bytes("1c000000 48f2052a01000000 00f2052a01000000 00f9029500000000 00000000") +
                "fmt " + bytes("10000000 0100 0100 803e0000 007d0000 0200 1000") + "data" +
                bytes("ffffffff"));
}

TEST(SoundPosition, IsAPlainDecimal) {
  for (const char* text : {"0", "25", "25.5", "007", "0.000", "123456789012345678901234567890.1"}) {
    EXPECT_TRUE(SoundPosition::parse(text)) << text;
  }
  for (const char* text : {"", "-1", "+1", "1.", ".5", "1e3", "0x10", " 1", "1 ", "1,5", "1.5.2",
                           "inf", "nan", "-0", "1.-5", "٣"}) {
    EXPECT_FALSE(SoundPosition::parse(text)) << text;
  }
}

TEST(SoundPosition, IsRoundedDownToASampleFrame) {
  struct Row {
    const char* text;
    std::uint32_t rate;
    std::uint64_t frame;
  };
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  for (const Row& row : std::vector<Row>{
           {"25", 16000, 400000},
           {"0.00006249", 16000, 0},
           {"0.0000625", 16000, 1},
           {"0.29", 100, 29},  // in binary floating point 28.999…
           {"1.1", 44100, 48510},
           {"0.333333333333333333333333333333333333333", 3, 0},
           {"0.333333333333333333333333333333333333334", 3, 1},
           {"99999999999999999999999.9", 44100, most},
       }) {
    EXPECT_EQ(SoundPosition::parse(row.text)->frame(row.rate), row.frame) << row.text;
  }
}

}  // namespace
}  // namespace tonearm::http
