#include "app/command_line.h"

#include "unit/app/app_fixture.h"

#include <gmock/gmock.h>

namespace tonearm::app {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Ran {
  int status;
  std::string out;
  std::string err;
};

Ran run(std::vector<const char*> words) {
  words.insert(words.begin(), "tonearm");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int status = run_command_line(static_cast<int>(words.size()), words.data());
  std::fflush(stdout);
  std::string out = testing::internal::GetCapturedStdout();
  return {status, std::move(out), testing::internal::GetCapturedStderr()};
}

bool is_one_line(const std::string& text) { return text.find('\n') == text.size() - 1; }

TEST(CommandLine, VersionIsOneLine) {
  const Ran ran = run({"--version"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.out, testing::MatchesRegex("tonearm [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(ran.err, "");
}

TEST(CommandLine, HelpNamesTheCommands) {
  const Ran ran = run({"--help"});
  EXPECT_EQ(ran.status, 0);
  for (const char* command : {"serve", "check", "probe"}) {
    EXPECT_THAT(ran.out, HasSubstr(command));
  }
}

TEST(CommandLine, HelpOfACommandNamesItsOptions) {
  const Ran ran = run({"serve", "--help"});
  EXPECT_EQ(ran.status, 0);
  for (const char* option :
       {"--config", "--listen", "--catalog", "--base-url", "--cache-dir", "--log-level"}) {
    EXPECT_THAT(ran.out, HasSubstr(option));
  }
}

TEST(CommandLine, BadUsageIsOneLineAndStatusTwo) {
  const std::vector<std::vector<const char*>> rows = {{},
                                                      {"play"},
                                                      {"serve", "--lisen", "x"},
                                                      {"probe"},
                                                      {"serve", "--listen"},
                                                      {"check", "stray"},
                                                      {"import"},
                                                      {"sign"}};
  for (const auto& words : rows) {
    const Ran ran = run(words);
    EXPECT_EQ(ran.status, 2);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, StartsWith("tonearm: "));
    EXPECT_TRUE(is_one_line(ran.err)) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("--help"));
  }
}

TEST(CommandLine, AnEmptyValueTakesNoOtherWordAlong) {
  EXPECT_THAT(run({"check", "--catalog=", "--log-level=info"}).err,
              HasSubstr("--catalog: is empty"));
  EXPECT_THAT(run({"check", "--cache-dir=", "--log-level=loud"}).err, HasSubstr("loud"));
  EXPECT_THAT(run({"probe", "--cache-dir=", "--log-level=loud", "1"}).err, HasSubstr("loud"));
  EXPECT_THAT(run({"probe", "--log-level=loud", "--", "--catalog="}).err, HasSubstr("loud"));
}

TEST(CommandLine, AnOptionInPlaceOfTheCommandIsUnknownOrTooEarly) {
  for (const char* unknown : {"-v", "--verbose", "--verbose=1"}) {
    EXPECT_THAT(run({unknown, "serve"}).err,
                HasSubstr(" is no option; there are --help and --version"));
  }
  for (const char* early : {"-c", "--config", "--config=t.toml", "--ip"}) {
    EXPECT_THAT(run({early, "t.toml", "serve"}).err, HasSubstr(" stands before the command"));
  }
}

TEST(CommandLine, AWrongCommandIsToldOnlyWhatIsNear) {
  const struct {
    const char* word;
    std::string said;
  } rows[] = {
      {"serv", "did you mean serve? See tonearm --help"},
      {"chekc", "did you mean check? See tonearm --help"},
      {"imports", "did you mean import? See tonearm --help"},
      {"frob", "there are serve, check, probe, import and sign; see tonearm --help"},
      {"play", "there are serve, check, probe, import and sign; see tonearm --help"},
      {"help", "give tonearm --help"},
      {"version", "give tonearm --version"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(run({row.word}).err,
              "tonearm: \"" + std::string(row.word) + "\" is no command; " + row.said + '\n');
  }
}

TEST(CommandLine, AWrongCommandBeforeARightOneIsTheOneThatIsNamed) {
  EXPECT_EQ(run({"help", "serve"}).err, "tonearm: \"help\" is no command; give tonearm --help\n");
}

TEST(CommandLine, AnUnknownOptionOfACommandIsNamedFirst) {
  const struct {
    std::vector<const char*> words;
    std::string said;
  } rows[] = {
      {{"check", "--listn", "x"},
       "--listn is no option of check; did you mean --listen? See tonearm check --help"},
      {{"check", "stray", "--config-file=secret"},
       "--config-file is no option of check; did you mean --config? See tonearm check --help"},
      {{"serve", "-listen", "x"},
       "-listen is no option of serve; did you mean --listen? See tonearm serve --help"},
      {{"sign", "--exprise", "1h"},
       "--exprise is no option of sign; did you mean --expires? See tonearm sign --help"},
      {{"serve", "--port", "80"}, "--port is no option of serve; see tonearm serve --help"},
      {{"probe", "--frob", "1", "2"}, "--frob is no option of probe; see tonearm probe --help"},
      {{"check", "one", "two"}, "\"one\" is one argument too many; see tonearm check --help"},
      {{"probe", "1", "--", "-2"}, "\"-2\" is one argument too many; see tonearm probe --help"},
  };
  for (const auto& row : rows) EXPECT_EQ(run(row.words).err, "tonearm: " + row.said + '\n');
}

TEST(CommandLine, SigningWithoutKeysIsRefused) {
  const Ran ran = run({"sign", "/songs/listen/1"});
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.err, HasSubstr("access.signing_keys"));
}

class CommandLineFiles : public InDirectory {};

TEST_F(CommandLineFiles, ImportOfABareNameSaysWhichRootToSet) {
  write("a.mp3", "");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory_);
  const Ran ran = run({"import", "a.mp3"});
  std::filesystem::current_path(before);
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.err, HasSubstr("root = \"" + directory_.string() + "\""));
}

TEST_F(CommandLineFiles, ABadSecretIsTheKeysMistake) {
  const WithVariable variable("TONEARM_TEST_SECRET", "AK\nX-Forged: 1");
  write("blank", "   \n");
  write("long", "one\x01");
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"[access]\nsigning_keys = ['   ']", "access.signing_keys: a secret must not be empty or"},
      {"[access]\nsigning_keys_file = 'blank'", "access.signing_keys_file: blank is empty"},
      {"[access]\napi_tokens_file = 'long'", "access.api_tokens_file: a secret must not hold"},
      {"[s3]\nsecret_key_file = 'long'", "s3.secret_key_file: a secret must not hold control"},
      {"[s3]\naccess_key = 'env:TONEARM_TEST_SECRET'", "s3.access_key: a secret must not hold"},
      {"[s3]\naccess_key = ' '", "s3.access_key: a secret must not be empty or blank"},
  };
  for (const auto& [text, complaint] : rows) {
    EXPECT_THAT(error_of(text), HasSubstr("t.toml:2: " + complaint));
  }
}

TEST_F(CommandLineFiles, ABadFileIsOneLineAndStatusTwo) {
  const std::string file = write("t.toml", "[server]\nthreads = \"x\"").string();
  for (const char* command : {"check", "serve"}) {
    const Ran ran = run({command, "-c", file.c_str()});
    EXPECT_EQ(ran.status, 2);
    EXPECT_EQ(without_directory(ran.err),
              "tonearm: t.toml:2: server.threads: \"x\" is not an integer; give 0 (one loop per "
              "core) or a number from 1 to "
              "1024\n");
  }
}

TEST_F(CommandLineFiles, OptionsBeatTheFile) {
  const std::string file = write("t.toml", R"([catalog]
path = ":memory:"
lookup = "SELECT 'x' AS file WHERE :id"
[log]
level = "error"
)")
                               .string();
  const Ran ran = run({"check", "-c", file.c_str(), "--log-level", "debug", "--listen", "a:1",
                       "--listen", "[::1]:2"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("level = \"debug\""));
  EXPECT_THAT(ran.out, HasSubstr("listen = [ \"a:1\", \"[::1]:2\" ]"));
}

TEST_F(CommandLineFiles, ABadLookupIsOneLineThatSaysWhereItStands) {
  const std::string file =
      write("t.toml", "[catalog]\npath = ':memory:'\nlookup = 'SELECT 1 AS file'").string();
  const Ran ran = run({"check", "-c", file.c_str()});
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(without_directory(ran.err),
            "tonearm: t.toml:3: catalog.lookup: must use :id, the id that is asked for; give one "
            "such as \"SELECT path AS file FROM tracks WHERE key = :id\"\n");
}

TEST_F(CommandLineFiles, ABadCatalogIsStatusTwoForCheck) {
  const std::string catalog = write("not.sqlite3", "this is no database at all").string();
  const Ran ran = run({"check", "--catalog", catalog.c_str()});
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr(catalog));
  EXPECT_TRUE(is_one_line(ran.err)) << ran.err;
}

}  // namespace
}  // namespace tonearm::app
