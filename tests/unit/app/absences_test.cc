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
  EXPECT_THAT(of("[resolver.yt]\ncommand = [\"echo\", \"{ }\"]"),
              ElementsAre("resolver.yt.command: no argument holds {}, the place of what is to be "
                          "resolved: it finds the same for every song"));
  EXPECT_THAT(of("[resolver.yt]\ncommand = [\"sh\", \"-c\", \"find '{}'\"]"), IsEmpty());
}

TEST_F(Absences, AProgramThatCannotBeRunIsNamed) {
  std::filesystem::permissions(write("plain", "#!/bin/sh\n"), std::filesystem::perms(0644));
  std::filesystem::permissions(write("bin/tool", "#!/bin/sh\n"), std::filesystem::perms(0755));
  std::filesystem::create_directory(directory_ / "bin/folder");
  const WithVariable path("PATH", (directory_ / "bin").c_str());
  const auto told = [&](const std::string& program) {
    return of("[resolver.yt]\ncommand = [\"" + program + "\", \"{}\"]");
  };
  const std::string key = "resolver.yt.command: ";
  const std::string end = ": its songs fail until it can be run";
  EXPECT_THAT(told("nowhere"), ElementsAre(key + "nowhere is no program in $PATH" + end));
  EXPECT_THAT(told("./none"), ElementsAre(key + "./none: No such file or directory" + end));
  EXPECT_THAT(told("./plain"), ElementsAre(key + "./plain is not executable" + end));
  EXPECT_THAT(told("./bin"), ElementsAre(key + "./bin is no file" + end));
  EXPECT_THAT(told("folder"), ElementsAre(key + "bin/folder is no file" + end));
  EXPECT_THAT(told("bin/tool"), IsEmpty());
  EXPECT_THAT(told("tool"), IsEmpty());
}

TEST_F(Absences, WhatIsOfTheWrongKindIsNamed) {
  write("logs/x", "");
  EXPECT_THAT(of("[log]\naccess = \"logs\"\n[cache]\npath = \"logs/x\""),
              ElementsAre("log.access: logs is a directory: no log can be opened there",
                          "cache.path: logs/x is no directory: nothing is kept"));
  EXPECT_THAT(of("[cache]\npath = \"logs\""), IsEmpty());
  EXPECT_THAT(of("[cache]\npath = \"none\""), IsEmpty());
}

TEST_F(Absences, AKeyThatIsNotUsedAsTheOthersAreIsNamed) {
  EXPECT_THAT(of("[catalog]\nlist = \"SELECT id FROM s\""),
              ElementsAre("catalog.list: is not used without catalog.lookup: /songs shows the "
                          "table music_song"));
  EXPECT_THAT(of("[catalog]\nlist = \"SELECT id FROM s\"\nlookup = \"SELECT file FROM s\""),
              IsEmpty());
  EXPECT_THAT(of("[s3]\nsession_token = \"t\""),
              ElementsAre("s3.session_token: is not used without s3.access_key and "
                          "s3.secret_key, whose it is"));
  EXPECT_THAT(of("[s3]\nsession_token = \"t\"\naccess_key = \"a\"\nsecret_key = \"s\""), IsEmpty());
}

TEST_F(Absences, KeysThatKeepNobodyOutAreNamed) {
  const std::string keys = "[access]\nsigning_keys = [\"k\"]\n";
  EXPECT_THAT(of(keys), ElementsAre("access.signing_keys: keep nobody out without "
                                    "access.api_tokens: /songs hands a signed link to everyone"));
  EXPECT_THAT(of(keys + "api_tokens = [\"t\"]"), IsEmpty());
  EXPECT_THAT(of(keys + "[catalog]\nlookup = \"SELECT file FROM s\""), IsEmpty());
  EXPECT_THAT(of(keys + "[catalog]\nlookup = \"SELECT file FROM s\"\nlist = \"SELECT id FROM s\""),
              ElementsAre(testing::StartsWith("access.signing_keys: ")));
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
