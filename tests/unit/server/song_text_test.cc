#include "server/song_text.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tonearm::server {
namespace {

TEST(M3uText, IsOneLineWhateverItHolds) {
  EXPECT_EQ(m3u_text("a\r\nb\tc\x7F"), "a  b c ");
  EXPECT_EQ(m3u_text("a\u2028b\u0085c"), "a b c");
  EXPECT_EQ(m3u_text("\xFFz"), "\uFFFDz");
  EXPECT_EQ(m3u_text("<b>\"é🎵"), "<b>\"é🎵");
}

TEST(M3uText, IsShort) {
  const std::string text = m3u_text(std::string(10'000, 'x'));
  EXPECT_EQ(text.size(), 500 + std::string_view("…").size());
  std::string wide;
  for (int i = 0; i < 1000; ++i) wide += "🎵";
  EXPECT_EQ(m3u_text(wide).size(), 500 + std::string_view("…").size());
}

TEST(IdJson, IsANumberWhereEveryReaderHoldsItExactly) {
  for (const char* const number : {"0", "7", "-5", "9007199254740991", "-9007199254740991"}) {
    EXPECT_EQ(id_json(number, false).dump(), number);
    EXPECT_EQ(id_json(number, true).dump(), '"' + std::string(number) + '"');
  }
  for (const char* const text :
       {"", "-", "-0", "07", "+7", "7.0", "1e3", " 7", "a.2", "9007199254740992",
        "-9007199254740992", "9223372036854775807", "9223372036854775808"}) {
    EXPECT_EQ(id_json(text, false).dump(), '"' + std::string(text) + '"');
  }
}

TEST(PercentEncoded, LeavesUnreservedAlone) {
  EXPECT_EQ(percent_encoded("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encoded("a/b c?\xC3\xA9"), "a%2Fb%20c%3F%C3%A9");
}

}  // namespace
}  // namespace tonearm::server
