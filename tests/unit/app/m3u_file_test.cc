#include "app/m3u_file.h"

#include <gmock/gmock.h>

namespace tonearm::app {
namespace {

using testing::ElementsAre;

TEST(ParseM3u, LinesEndAsOnAnySystem) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const auto file = parse_m3u("#EXTM3U" + end + "#PLAYLIST:My mix" + end + "a.mp3 " + end + end +
                                    "b c.mp3" + end + "d.mp3",
                                "x.m3u");
    EXPECT_EQ(file.name, "My mix");
    EXPECT_THAT(file.entries, ElementsAre("a.mp3", "b c.mp3", "d.mp3"));
  }
}

TEST(PossibleNames, BeginWithTheEntryAsItStands) {
  EXPECT_THAT(possible_names("a%20b\\c.mp3"),
              ElementsAre("a%20b\\c.mp3", "a%20b/c.mp3", "a b\\c.mp3", "a b/c.mp3"));
}

TEST(PossibleNames, AreAlsoThoseOfLatin1) {
  EXPECT_THAT(possible_names("\xC4rger.mp3"),
              testing::AllOf(testing::Contains("\xC4rger.mp3"), testing::Contains("Ärger.mp3")));
}

TEST(ParseM3u, IsOfAnyEncoding) {
  const auto latin = parse_m3u("#PLAYLIST:Caf\xE9\na.mp3\n", "x.m3u");
  EXPECT_EQ(latin.name, "Café");
  const std::u16string text = u"#EXTM3U\r\n#PLAYLIST:Café\r\n Ärger.mp3 \r\n";
  std::string little = "\xFF\xFE";
  std::string big = "\xFE\xFF";
  for (const char16_t unit : text) {
    const char low = static_cast<char>(unit & 0xFF);
    const char high = static_cast<char>(unit >> 8);
    little += {low, high};
    big += {high, low};
  }
  for (const std::string& bytes : {little, big}) {
    const auto file = parse_m3u(bytes, "x.m3u");
    EXPECT_EQ(file.name, "Café");
    EXPECT_THAT(file.entries, ElementsAre("Ärger.mp3"));
  }
}

}  // namespace
}  // namespace tonearm::app
