#include "app/absences.h"

#include "unit/app/app_fixture.h"

#include <gmock/gmock.h>

namespace tonearm::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Absences : public InDirectory {
 protected:
  std::vector<std::string> of(const std::string& toml) const {
    std::vector<std::string> lines = absences(load(toml));
    for (std::string& line : lines) line = without_directory(line);
    return lines;
  }
};

TEST_F(Absences, ThereAreNoneByDefault) {
  EXPECT_THAT(of(""), IsEmpty());
  EXPECT_THAT(of("[log]\naccess = \"\""), IsEmpty());
}

TEST_F(Absences, EachIsNamedWithItsKey) {
  write("a.txt", "no certificate");
  EXPECT_THAT(of(R"(
[log]
access = "logs/access.log"
[upstream]
ca_file = "a.txt"
[files]
root = "a.txt"
)"),
              ElementsAre("files.root: a.txt is no directory: file: songs fail until it is one",
                          "upstream.ca_file: a.txt holds no certificate: no https origin is "
                          "trusted",
                          "log.access: logs is no directory: no log can be opened there"));
}

TEST_F(Absences, CredentialsThatCannotBeReadAreNamedWhereTheyCount) {
  const WithVariable file("AWS_SHARED_CREDENTIALS_FILE", (directory_ / "none").c_str());
  EXPECT_THAT(of(""), ElementsAre("s3.access_key: empty, and cannot read none: No such file or "
                                  "directory: requests to S3 are unsigned"));
  EXPECT_THAT(of("[s3]\naccess_key = \"A\"\nsecret_key = \"s\""), IsEmpty());
}

TEST_F(Absences, AResolverThatTakesNothingIsNamed) {
  EXPECT_THAT(of("[resolver.yt]\ncommand = [\"{}\", \"{ }\"]"),
              ElementsAre("resolver.yt.command: no argument holds {}, the place of what is to be "
                          "resolved: it finds the same for every song"));
  EXPECT_THAT(of("[resolver.yt]\ncommand = [\"sh\", \"-c\", \"find '{}'\"]"), IsEmpty());
}

TEST_F(Absences, WhatIsThereIsNotNamed) {
  write("logs/x", "");
  EXPECT_THAT(of("[log]\naccess = \"logs/access.log\"\n[files]\nroot = \"logs\""), IsEmpty());
  Config beside;
  beside.log.access = "access.log";
  EXPECT_THAT(absences(beside), IsEmpty());
}

}  // namespace
}  // namespace tonearm::app
