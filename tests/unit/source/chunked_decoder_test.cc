#include "source/chunked_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace tonearm::source {
namespace {

struct Decoding {
  std::string content;
  std::size_t taken = 0;
  bool complete = false;
  std::string fault;
};

/// What is decoded of `text` that comes in parts of so many bytes.
Decoding decode_all(const std::string& text, std::size_t part = 1 << 20) {
  ChunkedDecoder decoder;
  Decoding decoding;
  while (decoding.taken < text.size() && !decoder.complete() && decoding.fault.empty()) {
    std::string bytes = text.substr(decoding.taken, part);
    const auto decoded = decoder.decode(std::as_writable_bytes(std::span(bytes)));
    decoding.content += bytes.substr(0, decoded.content);
    decoding.taken += decoded.taken;
    if (decoded.fault) decoding.fault = decoded.fault->detail;
  }
  decoding.complete = decoder.complete();
  return decoding;
}

// RFC 9112 §7.1.
TEST(ChunkedDecoder, PutsChunksTogetherHoweverTheyCome) {
  const std::string text =
      "4\r\nabcd\r\n00a\r\n0123456789\r\n1F\r\n" + std::string(31, 'x') + "\r\n0\r\n\r\n";
  for (const std::size_t part : {1U, 2U, 3U, 7U, 1000U}) {
    const Decoding decoding = decode_all(text, part);
    EXPECT_EQ(decoding.content, "abcd0123456789" + std::string(31, 'x'));
    EXPECT_TRUE(decoding.complete);
    EXPECT_EQ(decoding.taken, text.size());
    EXPECT_EQ(decoding.fault, "");
  }
}

TEST(ChunkedDecoder, TakesNothingOfWhatStandsBehindTheMessage) {
  const std::string text = "1\r\na\r\n0\r\n\r\n";
  const Decoding decoding = decode_all(text + "HTTP/1.1 200 OK\r\n");
  EXPECT_EQ(decoding.content, "a");
  EXPECT_EQ(decoding.taken, text.size());
}

// §7.1.1: a recipient must ignore unrecognised chunk extensions.
TEST(ChunkedDecoder, IgnoresExtensions) {
  for (const char* const size : {"2;name=value\r\n", "2 ;x\r\n", "2  \r\n", "2\t\n", "2\n"}) {
    const Decoding decoding = decode_all(size + std::string("ab\r\n0;last\r\n\r\n"));
    EXPECT_EQ(decoding.content, "ab") << size;
    EXPECT_TRUE(decoding.complete) << size;
  }
}

// §7.1.2: they may be dropped.
TEST(ChunkedDecoder, IgnoresTrailerFields) {
  const Decoding decoding = decode_all("1\r\na\r\n0\r\nX-Digest: 1\r\nY: 2\r\n\r\n", 1);
  EXPECT_EQ(decoding.content, "a");
  EXPECT_TRUE(decoding.complete);
}

TEST(ChunkedDecoder, IsNotCompleteBeforeTheTrailerSectionsEnd) {
  for (const char* const cut : {"", "1", "1\r\n", "1\r\na", "1\r\na\r\n", "1\r\na\r\n0\r\n",
                                "1\r\na\r\n0\r\nX: 1\r\n", "1\r\na\r\n0\r\n\r"}) {
    const Decoding decoding = decode_all(cut);
    EXPECT_FALSE(decoding.complete) << cut;
    EXPECT_EQ(decoding.fault, "") << cut;
  }
}

TEST(ChunkedDecoder, SaysWhatIsWrong) {
  const auto fault = [](const std::string& text) { return decode_all(text).fault; };
  EXPECT_EQ(fault("\r\n"), "a chunk of the origin's has no size");
  EXPECT_EQ(fault("x\r\n"), "a chunk of the origin's has no size");
  EXPECT_EQ(fault("-1\r\n"), "a chunk of the origin's has no size");
  EXPECT_EQ(fault("1x\r\n"), "a chunk size of the origin's is no number");
  EXPECT_EQ(fault("10000000000000000\r\n"), "a chunk size of the origin's is too large");
  EXPECT_EQ(fault("1\r\nab\r\n"), "a chunk of the origin's is longer than its size says");
}

TEST(ChunkedDecoder, KeepsWhatCameBeforeTheFault) {
  const Decoding decoding = decode_all("3\r\nabc\r\nz");
  EXPECT_EQ(decoding.content, "abc");
  EXPECT_NE(decoding.fault, "");
}

// Nobody may have them read for ever.
TEST(ChunkedDecoder, BoundsWhatIsNoContent) {
  const std::string much(20000, 'x');
  EXPECT_EQ(decode_all("1;" + much).fault, "more than 16 KiB of a chunk's extensions");
  EXPECT_EQ(decode_all("0\r\nX: " + much).fault, "more than 16 KiB of trailer fields");
}

// A stream that never ends has any number of them.
TEST(ChunkedDecoder, BoundsNotWhatAllChunksBringAlong) {
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "1;extension\r\na\r\n";
  const Decoding decoding = decode_all(many + "0 \r\n\r\n");
  EXPECT_EQ(decoding.content, std::string(5000, 'a'));
  EXPECT_TRUE(decoding.complete);
}

TEST(ChunkedDecoder, TakesTheLargestSize) {
  const Decoding decoding = decode_all("ffffffffffffffff\r\nabc");
  EXPECT_EQ(decoding.content, "abc");
  EXPECT_EQ(decoding.fault, "");
}

}  // namespace
}  // namespace tonearm::source
