#include "app/secrets.h"

#include "unit/app/app_fixture.h"

#include <gmock/gmock.h>

namespace tonearm::app {
namespace {

using testing::ElementsAre;

TEST(ReadSecret, IsItselfOrAnEnvironmentVariable) {
  const WithVariable variable("TONEARM_TEST_SECRET", "hush");
  std::string out;
  EXPECT_EQ(read_secret("plain", out), std::nullopt);
  EXPECT_EQ(out, "plain");
  EXPECT_EQ(read_secret("env:TONEARM_TEST_SECRET", out), std::nullopt);
  EXPECT_EQ(out, "hush");
  EXPECT_EQ(read_secret("env:TONEARM_TEST_UNSET", out),
            "the environment variable TONEARM_TEST_UNSET is not set; set it, or give the secret "
            "itself");
  EXPECT_EQ(out, "hush");
}

class ReadSecretFile : public InDirectory {};

TEST_F(ReadSecretFile, TakesOneSecretALineWithoutBlankLinesAndCr) {
  std::vector<std::string> out;
  const auto file = write("s", "one\r\n\n two \nthree");
  EXPECT_EQ(read_secret_file(file, Reading::once, out), std::nullopt);
  EXPECT_THAT(out, ElementsAre("one", " two ", "three"));
}

TEST_F(ReadSecretFile, SaysWhatIsWrongWithTheFile) {
  std::vector<std::string> out{"before"};
  const std::string dir = directory_.string();
  EXPECT_EQ(read_secret_file(directory_ / "none", Reading::once, out),
            "cannot read " + dir +
                "/none: No such file or directory; give a readable file that holds the secret");
  EXPECT_EQ(read_secret_file(write("empty", "\n\r\n"), Reading::once, out),
            dir + "/empty is empty; write the secret into it");
  EXPECT_EQ(read_secret_file(directory_, Reading::once, out),
            "cannot read " + dir + ": Is a directory; give a readable file that holds the secret");
  EXPECT_THAT(out, ElementsAre("before"));
}

}  // namespace
}  // namespace tonearm::app
