#include "tonearm/http/multipart.h"

#include <gtest/gtest.h>

#include <string>

namespace tonearm::http {
namespace {

const std::string content = "0123456789abcdefghij";

/// The body as a sender puts it together.
std::string body_of(const ByteRanges& parts, std::string_view type, std::string_view boundary) {
  std::string body;
  bool first = true;
  for (const ByteRange& part : parts) {
    body += part_head(part, content.size(), type, boundary, first);
    body += content.substr(part.first, part.size());
    first = false;
  }
  return body + multipart_tail(boundary);
}

// RFC 9110 §14.6, RFC 2046 §5.1.1: each delimiter begins with CRLF, which is no part of the bytes
// before it; the first needs none where there is no preamble.
TEST(Multipart, BodyIsFramedAsRfc2046Says) {
  EXPECT_EQ(body_of({{0, 2}, {18, 20}}, "audio/mpeg", "B"),
            "--B\r\n"
            "Content-Type: audio/mpeg\r\n"
            "Content-Range: bytes 0-1/20\r\n"
            "\r\n"
            "01\r\n"
            "--B\r\n"
            "Content-Type: audio/mpeg\r\n"
            "Content-Range: bytes 18-19/20\r\n"
            "\r\n"
            "ij\r\n"
            "--B--\r\n");
}

TEST(Multipart, LengthIsExactlyThatOfTheBody) {
  const ByteRanges lists[] = {{{0, 1}, {1, 2}},
                              {{0, 20}, {0, 20}},
                              {{9, 10}, {9, 11}, {10, 20}},
                              {{19, 20}, {0, 9}, {5, 15}, {1, 2}}};
  for (const ByteRanges& parts : lists) {
    for (const std::string boundary : {"B", "0123456789abcdef0123456789abcdef"}) {
      for (const std::string type : {"audio/ogg; codecs=\"opus\"", "video/mp4"}) {
        EXPECT_EQ(multipart_length(parts, content.size(), type, boundary),
                  body_of(parts, type, boundary).size());
      }
    }
  }
}

TEST(Multipart, LengthCountsPositionsOfManyDigits) {
  constexpr std::uint64_t tebi = std::uint64_t{1} << 40;
  const ByteRanges parts{{0, tebi / 2}, {tebi - 1, tebi}};
  std::uint64_t expected = multipart_tail("B").size();
  expected += part_head(parts[0], tebi, "audio/mpeg", "B", true).size() + tebi / 2;
  expected += part_head(parts[1], tebi, "audio/mpeg", "B", false).size() + 1;
  EXPECT_EQ(multipart_length(parts, tebi, "audio/mpeg", "B"), expected);
}

}  // namespace
}  // namespace tonearm::http
