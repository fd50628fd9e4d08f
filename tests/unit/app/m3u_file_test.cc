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

}  // namespace
}  // namespace tonearm::app
