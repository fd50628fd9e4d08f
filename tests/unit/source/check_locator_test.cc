#include "tonearm/source/check_locator.h"

#include <gtest/gtest.h>

namespace tonearm::source {
namespace {

Locator locator_of(std::string_view text) {
  return parse_locator(text, [](std::string_view name) { return name == "yt"; }).value();
}

TEST(CheckLocator, TakesWhatASourceCouldOpen) {
  for (const char* text : {"http://h", "https://h/a b%20c.mp3?x", "s3://bucket/a key.mp3", "yt:x",
                           "yt://x", "songs/a.mp3", "file:a.wav"}) {
    EXPECT_TRUE(check_locator(locator_of(text))) << text;
  }
}

struct Impossible {
  const char* text;
  const char* why;
};
class ImpossibleLocator : public testing::TestWithParam<Impossible> {};
TEST_P(ImpossibleLocator, IsRefusedAndSaysWhy) {
  const auto checked = check_locator(locator_of(GetParam().text));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, ErrorKind::bad_locator);
  EXPECT_NE(checked.error().detail.find(GetParam().why), std::string::npos)
      << checked.error().detail;
}
INSTANTIATE_TEST_SUITE_P(All, ImpossibleLocator,
                         testing::Values(Impossible{"s3://my-music", "give s3://bucket/key"},
                                         Impossible{"s3://my-music/", "give s3://bucket/key"},
                                         Impossible{"s3:///key", "give s3://bucket/key"},
                                         Impossible{"s3://my-music/../key", "\"..\" path segment"},
                                         Impossible{"http://", "give http://host/path"},
                                         Impossible{"https:///x", "give http://host/path"},
                                         Impossible{"http://h:99999/", "give http://host/path"},
                                         Impossible{"yt:", "give yt:something"}));

}  // namespace
}  // namespace tonearm::source
