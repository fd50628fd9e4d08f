#include "app/load_config.h"

#include "tonearm/base/locator.h"

#include "app/keys.h"
#include "app/layer_options.h"
#include "unit/app/app_fixture.h"

#include <gmock/gmock.h>

namespace tonearm::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Pair;

class LoadConfig : public InDirectory {
 protected:
  std::string under(const std::string& name) const { return (directory_ / name).string(); }
};

TEST_F(LoadConfig, WithoutAFileTheDefaultsHold) {
  EXPECT_EQ(print_config(load_config(std::nullopt, {})), print_config(Config{}));
}

TEST_F(LoadConfig, ReadsEachKindOfValue) {
  const Config config = load(R"(
[server]
listen = ["0.0.0.0:80", "[::]:80"]
threads = 3
idle_timeout = "2m"
drain = 0
cors_origins = []
[upstream]
window = "1MiB"
headers = { X-Token = "t" }
allow_private = true
[stream]
max_range = 3000
[log]
access = ""
)");
  EXPECT_THAT(config.server.listen, ElementsAre("0.0.0.0:80", "[::]:80"));
  EXPECT_EQ(config.server.threads, 3U);
  EXPECT_EQ(config.server.idle_timeout, 2min);
  EXPECT_EQ(config.server.drain, 0ms);
  EXPECT_THAT(config.server.cors_origins, ElementsAre());
  EXPECT_EQ(config.upstream.window, 1'048'576U);
  EXPECT_THAT(config.upstream.headers, ElementsAre(Pair("X-Token", "t")));
  EXPECT_EQ(config.upstream.allow_private, source::AllowPrivate::yes);
  EXPECT_EQ(config.stream.max_range, 3000U);
  EXPECT_EQ(config.log.access, "");
}

TEST_F(LoadConfig, AResolverIsFoundInAnySpelling) {
  const Config config = load("[resolver.YT]\ncommand = [\"x\", \"{}\"]");
  const auto is_resolver = resolver_names(config);
  for (const std::string file : {"YT:a", "yt:a", "Yt:a"}) {
    const auto locator = parse_locator(file, is_resolver);
    ASSERT_TRUE(locator) << file;
    EXPECT_EQ(locator->resolver, "yt") << file;
    EXPECT_TRUE(config.resolvers.contains(locator->resolver)) << file;
  }
}

TEST_F(LoadConfig, AnErrorIsOneLineWithPlaceKeyFaultAndRemedy) {
  const struct {
    std::string toml;
    std::string line;
  } rows[] = {
      {"[server]\n\nthread = 3",
       "t.toml:3: server.thread: is unknown; did you mean server.threads?"},
      {"[servr]", "t.toml:1: servr: is unknown; did you mean server?"},
      {"[resolvers.yt]\ncommand = [\"x\", \"{}\"]",
       "t.toml:1: resolvers: is unknown; did you mean resolver?"},
      {"[log]\nlevle = 'info'", "t.toml:2: log.levle: is unknown; did you mean log.level?"},
      {"[stream]\nlisten = []", "t.toml:2: stream.listen: is unknown; did you mean server.listen?"},
      {"[log]\nfrob = 3", "t.toml:2: log.frob: is unknown; [log] takes level and access"},
      {"[s3]\nfrob = 3",
       "t.toml:2: s3.frob: is unknown; [s3] takes endpoint, region, access_key, secret_key, "
       "session_token and path_style"},
      {"[frob]",
       "t.toml:1: frob: is unknown; tables are server, admin, log, catalog, upstream, stream, "
       "cache, files, s3, access and resolver.NAME"},
      {"frob = 3",
       "t.toml:1: frob: is unknown; tables are server, admin, log, catalog, upstream, stream, "
       "cache, files, s3, access and resolver.NAME"},
      {"'server.threads' = 3",
       "t.toml:1: server.threads: is one name in quotes; write it without them"},
      {"['resolver.yt']", "t.toml:1: resolver.yt: is one name in quotes; write it without them"},
      {"listen = []", "t.toml:1: listen: is unknown; did you mean server.listen?"},
      {"server = 3", "t.toml:1: server: is a table; write [server] and its keys below it"},
      {"resolver = 3",
       "t.toml:1: resolver: is a table; write [resolver.NAME] and its keys below it"},
      {"[resolver]\ncommand = [\"x\", \"{}\"]",
       "t.toml:2: resolver.command: stands in no resolver; write [resolver.NAME] above it"},
      {"[resolver]\nmax_running = 3",
       "t.toml:2: resolver.max_running: stands in no resolver; write [resolver.NAME] above it"},
      {"[resolver]\nyt = 3",
       "t.toml:2: resolver.yt: is a table; write [resolver.yt] and its keys below it"},
      {"[resolver.a-long-name]\ncommand = [\"x\", \"{}\"]\ntimout = \"1s\"",
       "t.toml:3: resolver.a-long-name.timout: is unknown; did you mean "
       "resolver.a-long-name.timeout?"},
      {"[resolver.yt]\ncommand = [\"x\", \"{}\"]\n[resolver.YT]\ncommand = [\"x\", \"{}\"]",
       "t.toml:3: resolver.YT: differs from another resolver's name in case alone, which does "
       "not count; choose another name"},
      {"[resolver.YT]\ncommand = [\"x\", \"{}\"]\n[resolver.yt]\ncommand = [\"x\", \"{}\"]",
       "t.toml:3: resolver.yt: differs from another resolver's name in case alone, which does "
       "not count; choose another name"},
      {"[server]\nlisten = \"127.0.0.1:8005\"",
       "t.toml:2: server.listen: \"127.0.0.1:8005\" is not an array of strings; give [\"…\", "
       "\"…\"]"},
      {"[resolver.yt]\ncommand = \"yt-dlp\"",
       "t.toml:2: resolver.yt.command: \"yt-dlp\" is not an array of strings; give [\"…\", \"…\"]"},
      {"[admin]\nlisten = \"\"",
       "t.toml:2: admin.listen: \"\" is not an array of strings; give [\"…\", \"…\"], or [] for "
       "none"},
      {"[resolver.s3]", "t.toml:1: resolver: \"s3\" is a source of its own; choose another name"},
      {"[resolver.yt]\nttl = \"1h\"",
       "t.toml:1: resolver.yt.command: the command is missing; give [\"program\", \"argument\", "
       "\"{}\"]"},
      {"[server]\nthreads = 1025",
       "t.toml:2: server.threads: 1025 is out of bounds; give 0 (one loop per core) or a number "
       "from 1 to 1024"},
      {"[server]\nlisten = [\"8005\"]",
       "t.toml:2: server.listen: \"8005\" is no address to listen on; give \"127.0.0.1:8005\", "
       "\"[::1]:8005\" or \"unix:/run/tonearm.sock\""},
      {"[log]\n[server]\nlisten = []",
       "t.toml:3: server.listen: is empty; give one address at least"},
      {"[server]\nlisten = [\"[::]:1\", \"[::]:1\"]",
       "t.toml:2: server.listen: \"[::]:1\" is there twice; keep one of them"},
      {"[server]\nlisten = [\"[::]:1\"]\n[admin]\nlisten = [\"[::]:1\"]",
       "t.toml:4: admin.listen: \"[::]:1\" is taken already; give another port, or [] for none"},
      {"[server]\nlisten = [\"127.0.0.1:9005\"]",
       "t.toml:2: admin.listen: \"127.0.0.1:9005\" is taken already; give another port, or [] for "
       "none"},
      {"[log]\nlevel = \"\"\"a\nb\"\"\"",
       "t.toml:2: log.level: \"a\\x0ab\" is no level; give trace, debug, info, warn or error"},
      {"[catalog]\npath = \":memory:\"",
       "t.toml:2: catalog.path: \":memory:\" holds no table; set catalog.lookup too"},
      {"[s3]\naccess_key = \"a\"",
       "t.toml:2: s3.secret_key: is empty, but its other half is not; give both, or none"},
      {"[s3]\naccess_key = \"\"\nsecret_key = \"a\"",
       "t.toml:2: s3.access_key: is empty, but its other half is not; give both, or none"},
      {"[upstream]\nallow_private = \"yes\"",
       "t.toml:2: upstream.allow_private: \"yes\" is not one of true, false and \"configured\""},
      {"[upstream]\nheaders = \"a: b\"",
       "t.toml:2: upstream.headers: is not a table; give { Authorization = \"…\" }"},
      {"[upstream.headers]\nRange = \"x\"",
       "t.toml:2: upstream.headers: Range is set by tonearm for each request; remove it"},
      {"[upstream.headers]\nX = 1",
       "t.toml:2: upstream.headers: X: is not a string; give one in quotes"},
      {"[stream]\nbuffer = \"1KiB\"",
       "t.toml:2: stream.buffer: \"1KiB\" is out of bounds; give one from 64KiB to 64MiB"},
      {"[cache]\nsize = \"8388608TiB\"",
       "t.toml:2: cache.size: \"8388608TiB\" is out of bounds; give one from 1MiB to "
       "8388607TiB"},
      {"[server]\ndrain = \"106751991168d\"",
       "t.toml:2: server.drain: \"106751991168d\" is out of bounds; give one from 0s to 720h"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(error_of(row.toml), row.line);
  }
}

TEST_F(LoadConfig, AFaultOfOneEntryIsInItsOwnLine) {
  const struct {
    std::string toml;
    std::string place;
  } rows[] = {
      {"[upstream.headers]\nA = \"b\"\n\nB = \"env:TONEARM_TEST_UNSET\"",
       "t.toml:4: upstream.headers: B: the"},
      {"[upstream.headers]\nA = \"b\"\n\nHost = \"x\"", "t.toml:4: upstream.headers: Host is"},
      {"[upstream]\nheaders.A = \"b\"\nheaders.B = 1", "t.toml:3: upstream.headers: B: is not"},
      {"[server]\nlisten = [\n  \"[::]:1\",\n  \"8005\",\n]", "t.toml:4: server.listen: \"8005\""},
      {"[server]\nlisten = [\n  \"[::]:1\",\n  1,\n]", "t.toml:4: server.listen: 1 is not"},
      {"[server]\ntrusted_proxies = [\n\n  \"x\",\n]", "t.toml:4: server.trusted_proxies: \"x\""},
      {"[access]\napi_tokens = [\n  \"a\",\n  \"env:\",\n]", "t.toml:4: access.api_tokens: names"},
      {"[access]\napi_tokens = [\n  \"a\",\n  1,\n]", "t.toml:4: access.api_tokens: is not a"},
      {"[resolver.yt]\ncommand = [\n  \"x\",\n  1,\n]", "t.toml:4: resolver.yt.command: 1 is"},
      {"[resolver.yt]\ncommand = [\n]", "t.toml:2: resolver.yt.command: the command is missing"},
  };
  for (const auto& row : rows) {
    EXPECT_THAT(error_of(row.toml), testing::StartsWith(row.place));
  }
}

TEST_F(LoadConfig, BrokenTomlIsNamedByItsLineInOneLine) {
  for (const std::string toml : {"[server]\nthreads = ", "[server]\nthreads = 1\nthreads = 2"}) {
    const std::string line = error_of(toml);
    EXPECT_THAT(line, testing::MatchesRegex("t\\.toml:[23]: .+")) << toml;
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_THAT(line, testing::EndsWith("; TOML's syntax is at https://toml.io"));
  }
}

TEST_F(LoadConfig, AKeyWithoutEndIsRefused) {
  std::string deep = "a";
  for (int i = 0; i < 100'000; ++i) deep += ".a";
  for (const std::string& toml :
       {"[server]\n[" + deep + "]\n", "\n" + deep + " = 1\n", "\nx = { " + deep + " = 1 }\n",
        "\n[\"\\\"\"." + deep + "]\n", "\n\"\\\\\"." + deep + " = 1\n"}) {
    EXPECT_EQ(error_of(toml), "t.toml:2: a key of more than a thousand parts; remove it");
  }
  const std::string dots(5000, '.');
  EXPECT_EQ(error_of("# " + dots + "\n[log]\nlevel = \"" + dots + "\"").find("a key of"),
            std::string::npos);
}

TEST_F(LoadConfig, ASecretWithoutItsQuotesIsNotShown) {
  for (const std::string secret : {"98765432109876543210", "0xDEADBEEFDEADBEEFDEADBEEF"}) {
    EXPECT_EQ(
        error_of("[s3]\nsecret_key = " + secret),
        "t.toml:2: a number does not fit into 64 bits; a text stands in quotes; TOML's syntax "
        "is at https://toml.io");
  }
}

TEST_F(LoadConfig, AMissingFileIsNamed) {
  try {
    load_config(directory_ / "none.toml", {});
    FAIL() << "a missing file was accepted";
  } catch (const ConfigError& error) {
    EXPECT_THAT(without_directory(error.what()),
                testing::MatchesRegex("cannot read none\\.toml: .*"));
  }
}

TEST_F(LoadConfig, RelativePathsStartAtTheFile) {
  const Config config = load_config(write("etc/t.toml", R"(
[server]
listen = ["unix:run/t.sock"]
[log]
access = "access.log"
[catalog]
path = "../songs.sqlite3"
[upstream]
ca_file = "/dev/null"
)"),
                                    {});
  EXPECT_THAT(config.server.listen, ElementsAre("unix:" + under("etc/run/t.sock")));
  EXPECT_EQ(config.log.access, under("etc/access.log"));
  EXPECT_EQ(config.catalog.path, under("etc/../songs.sqlite3"));
  EXPECT_EQ(config.upstream.ca_file, "/dev/null");
}

TEST_F(LoadConfig, WhatLiesAboveALinkIsAboveWhereItLeads) {
  write("releases/shared/c.sqlite3", "");
  std::filesystem::create_directory(directory_ / "releases/2");
  std::filesystem::create_directory_symlink("releases/2", directory_ / "current");
  const Config config = load("[catalog]\npath = \"current/../shared/c.sqlite3\"\n");
  EXPECT_TRUE(std::filesystem::exists(config.catalog.path)) << config.catalog.path;
}

TEST_F(LoadConfig, OneSocketIsOneHoweverItsPathIsWritten) {
  EXPECT_EQ(error_of("[server]\nlisten = [\"unix:a.socket\", \"unix:./x/../a.socket\"]"),
            "t.toml:2: server.listen: \"unix:./x/../a.socket\" is there twice; keep one of them");
}

TEST_F(LoadConfig, WhatIsNoPathStaysAsItIs) {
  const Config config = load(R"(
[log]
access = "-"
[catalog]
path = ":memory:"
lookup = "SELECT 'x' AS file"
[upstream]
ca_file = ""
)");
  EXPECT_EQ(config.log.access, "-");
  EXPECT_EQ(config.catalog.path, ":memory:");
  EXPECT_EQ(config.upstream.ca_file, "");
}

TEST_F(LoadConfig, SecretsComeFromTextEnvironmentAndFile) {
  const WithVariable variable("TONEARM_TEST_SECRET", "from-env");
  write("keys", "first\nsecond\n");
  write("id", "from-file\n");
  const Config config = load(R"(
[s3]
access_key_file = "id"
secret_key = "env:TONEARM_TEST_SECRET"
session_token = "plain"
[access]
signing_keys_file = "keys"
api_tokens = ["a", "env:TONEARM_TEST_SECRET"]
[upstream]
headers = { Authorization = "env:TONEARM_TEST_SECRET", X-Key_file = "id" }
)");
  EXPECT_EQ(config.s3.access_key, "from-file");
  EXPECT_EQ(config.s3.secret_key, "from-env");
  EXPECT_EQ(config.s3.session_token, "plain");
  EXPECT_THAT(config.access.signing_keys, ElementsAre("first", "second"));
  EXPECT_THAT(config.access.api_tokens, ElementsAre("a", "from-env"));
  EXPECT_THAT(config.upstream.headers,
              ElementsAre(Pair("Authorization", "from-env"), Pair("X-Key", "from-file")));
}

TEST_F(LoadConfig, AFaultOfASecretNamesItsKey) {
  write("two", "a\nb\n");
  write("one", "a\n");
  write("empty", "");
  const struct {
    std::string toml;
    std::string line;
  } rows[] = {
      {"[s3]\nsecret_key = \"a\"\nsecret_key_file = \"two\"",
       "t.toml:3: s3.secret_key_file: is given together with secret_key; keep one of them"},
      {"[s3]\nsecret_key_file = \"two\"",
       "t.toml:2: s3.secret_key_file: the file holds several lines; give one secret"},
      {"[s3]\nsecret_key_file = \"empty\"",
       "t.toml:2: s3.secret_key_file: empty is empty; write the secret into it"},
      {"[s3]\nsecret_key_file = \"none\"",
       "t.toml:2: s3.secret_key_file: cannot read none: No such file or directory; give a readable "
       "file that holds the secret"},
      {"[s3]\nsecret_key = \"env:TONEARM_TEST_UNSET\"",
       "t.toml:2: s3.secret_key: the environment variable TONEARM_TEST_UNSET is not set; set it, "
       "or give the secret itself"},
      {"[s3]\nsecret_key = \"env:\"",
       "t.toml:2: s3.secret_key: names no environment variable; give \"env:NAME\""},
      {"[s3]\nsecret_key_file = \"\"",
       "t.toml:2: s3.secret_key_file: is empty; remove it, or name a file that holds the secret"},
      {"[access]\napi_tokens = [\"\"]",
       "t.toml:2: access.api_tokens: a secret must not be empty or blank; remove it"},
      {"[upstream.headers]\nA_file = \"none\"",
       "t.toml:2: upstream.headers: A_file: cannot read none: No such file or directory; give a "
       "readable file that holds the secret"},
      {"[upstream.headers]\nA_file = \"two\"",
       "t.toml:2: upstream.headers: A_file: the file holds several lines; give one secret"},
      {"[upstream.headers]\nA = \"x\"\nA_file = \"one\"",
       "t.toml:3: upstream.headers: A_file is given together with A; keep one of them"},
      {"[upstream.headers]\na = \"x\"\nA = \"y\"",
       "t.toml:3: upstream.headers: A is given together with a; keep one of them"},
      {"[upstream.headers]\nA = \"x\"\na_file = \"one\"",
       "t.toml:3: upstream.headers: a_file is given together with A; keep one of them"},
      {"[s3]\nregion_file = \"x\"",
       "t.toml:2: s3.region_file: is unknown; did you mean s3.region?"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(error_of(row.toml), row.line);
  }
}

TEST_F(LoadConfig, OverridesBeatTheFileAndStayRelativeToTheCurrentDirectory) {
  Overrides overrides;
  overrides.listen = {"127.0.0.1:1", "unix:t.sock"};
  overrides.catalog = "mine.sqlite3";
  overrides.base_url = "https://cdn.example/";
  overrides.cache_dir = "cache";
  overrides.log_level = "debug";
  const Config config = load(R"(
[server]
listen = ["127.0.0.1:9"]
[catalog]
path = "file.sqlite3"
[upstream]
base_url = "http://file.example/"
retries = 2
[cache]
path = "other"
[log]
level = "error"
)",
                             overrides);
  EXPECT_THAT(config.server.listen, ElementsAre("127.0.0.1:1", "unix:t.sock"));
  EXPECT_EQ(config.catalog.path, "mine.sqlite3");
  EXPECT_EQ(config.upstream.base_url, "https://cdn.example/");
  EXPECT_EQ(config.cache.path, "cache");
  EXPECT_EQ(config.log.level, "debug");
  EXPECT_EQ(config.upstream.retries, 2U);
}

TEST_F(LoadConfig, AFaultOfAnOverrideNamesItsOption) {
  Overrides level;
  level.log_level = "loud";
  EXPECT_EQ(error_of("", level),
            "--log-level: \"loud\" is no level; give trace, debug, info, warn or error");
  Overrides listen;
  listen.listen = {"8005"};
  EXPECT_EQ(error_of("", listen),
            "--listen: \"8005\" is no address to listen on; give \"127.0.0.1:8005\", "
            "\"[::1]:8005\" or \"unix:/run/tonearm.sock\"");
  Overrides base;
  base.base_url = "media/";
  EXPECT_EQ(error_of("", base),
            "--base-url: \"media/\" is no http or https URL; give one such as "
            "\"http://localhost:8000/media/\"");
}

TEST_F(LoadConfig, AFaultOfSeveralKeysNamesWhereTheValueCameFrom) {
  Overrides catalog;
  catalog.catalog = ":memory:";
  EXPECT_EQ(error_of("[catalog]\npath = \"x\"", catalog),
            "--catalog: catalog.path: \":memory:\" holds no table; set catalog.lookup too");
  Overrides listen;
  listen.listen = {"127.0.0.1:9005"};
  EXPECT_EQ(error_of("", listen),
            "--listen: admin.listen: \"127.0.0.1:9005\" is taken already; give another port, or [] "
            "for none");
  write("id", "a\n");
  EXPECT_EQ(error_of("[s3]\naccess_key_file = \"id\""),
            "t.toml:2: s3.secret_key: is empty, but its other half is not; give both, or none");
}

TEST_F(LoadConfig, AReloadPutsBackWhatWantsARestart) {
  const Config running = load("");
  Config reloaded = load(
      "[server]\nlisten = [\"127.0.0.1:1\"]\nthreads = 3\ndrain = "
      "\"7s\"\n[cache]\npath = \"c\"\n"
      "[log]\nlevel = \"debug\"\n");
  const std::vector<std::string> names = keep_what_wants_a_restart(running, reloaded);
  EXPECT_EQ(names, (std::vector<std::string>{"server.listen", "server.threads", "cache.path"}));
  EXPECT_EQ(reloaded.server.listen, running.server.listen);
  EXPECT_EQ(reloaded.server.threads, running.server.threads);
  EXPECT_EQ(reloaded.cache.path, "");
  EXPECT_EQ(reloaded.server.drain, std::chrono::seconds(7));
  EXPECT_EQ(reloaded.log.level, "debug");
  EXPECT_TRUE(keep_what_wants_a_restart(running, reloaded).empty());
}

}  // namespace
}  // namespace tonearm::app
