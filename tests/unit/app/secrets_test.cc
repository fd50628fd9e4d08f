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

TEST(ReadSecret, TakesNoLineEndsFromTheEnvironment) {
  const WithVariable variable("TONEARM_TEST_SECRET", "hush\r\n\n");
  const WithVariable nothing("TONEARM_TEST_NOTHING", "\n");
  std::string out;
  EXPECT_EQ(read_secret("env:TONEARM_TEST_SECRET", out), std::nullopt);
  EXPECT_EQ(out, "hush");
  EXPECT_EQ(read_secret("env:TONEARM_TEST_NOTHING", out),
            "the environment variable TONEARM_TEST_NOTHING is empty; set it to the secret");
}

TEST(CheckSecret, RefusesBlanksAndControlCharacters) {
  for (const char* good : {"x", " x ", "pass phrase", "\xC3\xA9"}) {
    EXPECT_EQ(check_secret(good), std::nullopt) << good;
  }
  for (const char* blank : {"", " ", "   ", "\t"}) {
    EXPECT_EQ(check_secret(blank), "a secret must not be empty or blank; remove it");
  }
  for (const char* control : {"a\nb", "a\tb", "a\x7F", "\x1B"}) {
    EXPECT_EQ(check_secret(control),
              "a secret must not hold control characters, such as a line's end; remove them");
  }
}

TEST(CheckSecret, RefusesWhatStandsInPlaceOfOne) {
  EXPECT_EQ(check_secret("***"),
            R"("***" is what tonearm check prints in place of a secret; give the secret itself)");
  for (const char* good : {"**", "****", "*** ", "a***"}) {
    EXPECT_EQ(check_secret(good), std::nullopt) << good;
  }
}

class ReadSecretFile : public InDirectory {};

TEST_F(ReadSecretFile, TakesOneSecretALineWithoutBlankLinesAndCr) {
  std::vector<std::string> out;
  EXPECT_EQ(read_secret_file(write("s", "one\r\n\n two \nthree"), io::Reading::once, out),
            std::nullopt);
  EXPECT_THAT(out, ElementsAre("one", " two ", "three"));
}

TEST_F(ReadSecretFile, SaysWhatIsWrongWithTheFile) {
  std::vector<std::string> out{"before"};
  const std::string dir = directory_.string();
  EXPECT_EQ(read_secret_file(directory_ / "none", io::Reading::once, out),
            "cannot read " + dir +
                "/none: No such file or directory; give a readable file that holds the secret");
  EXPECT_EQ(read_secret_file(write("empty", "\n  \r\n"), io::Reading::once, out),
            dir + "/empty is empty; write the secret into it");
  EXPECT_EQ(read_secret_file(directory_, io::Reading::once, out),
            "cannot read " + dir + ": Is a directory; give a readable file that holds the secret");
  EXPECT_THAT(out, ElementsAre("before"));
}

}  // namespace
}  // namespace tonearm::app
