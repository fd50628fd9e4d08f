#include "unit/app/app_fixture.h"

#include <gmock/gmock.h>

namespace tonearm::app {
namespace {

using testing::ElementsAre;

class PrintConfig : public InDirectory {
 protected:
  /// What was printed, as who saves it has to mend it.
  static std::string with_secrets_given(std::string text) {
    for (auto at = text.find("***"); at != std::string::npos; at = text.find("***")) {
      text.replace(at, 3, "x");
    }
    return text;
  }
};

TEST_F(PrintConfig, MasksSecretsAndUpstreamFields) {
  Config config;
  config.s3.secret_key = "hush-1";
  config.access.signing_keys = {"hush-2", "hush-3"};
  config.upstream.headers = {{"Authorization", "hush-4"}};
  const std::string text = print_config(config);
  EXPECT_EQ(text.find("hush"), std::string::npos);
  EXPECT_NE(text.find("\nsecret_key = \"***\"\n"), std::string::npos);
  EXPECT_NE(text.find("\nsigning_keys = [ \"***\", \"***\" ]\n"), std::string::npos);
}

TEST_F(PrintConfig, WhatIsMaskedHasToBeGivenAgain) {
  const std::string why =
      R"("***" is what tonearm check prints in place of a secret; give the secret itself)";
  Config config;
  config.access.signing_keys = {"hush"};
  EXPECT_TRUE(error_of(print_config(config)).ends_with("access.signing_keys: " + why));
  EXPECT_EQ(error_of("[upstream]\nheaders = { A = \"b\", Authorization = \"***\" }"),
            "t.toml:2: upstream.headers: Authorization: " + why);
  EXPECT_EQ(error_of("[s3]\nsecret_key = \"***\""), "t.toml:2: s3.secret_key: " + why);
  write("key", "***\n");
  EXPECT_EQ(error_of("[access]\napi_tokens_file = \"key\""),
            "t.toml:2: access.api_tokens_file: " + why);
}

TEST_F(PrintConfig, ReadsBackAsTheSame) {
  Config config;
  config.server.listen = {"[::1]:80", "unix:/run/t.sock"};
  config.server.drain = std::chrono::milliseconds(0);
  config.server.cors_origins = {};
  config.log.access = "";
  config.catalog.path = (directory_ / "a 'quoted' \"name\".sqlite3").string();
  config.catalog.lookup = "SELECT path AS file\nFROM tracks WHERE key = :id AND x <> '\\'";
  config.upstream.headers = {{"Authorization", "x"}, {"X.Y", "z"}};
  config.upstream.allow_private = source::AllowPrivate::no;
  config.upstream.window = 1'000'001;
  config.s3.access_key = "y";
  config.s3.secret_key = "x";
  config.resolvers["yt"].command = {"yt-dlp", "{}"};
  config.resolvers["a+b.c"].command = {"x", "{}"};
  config.resolvers["a+b.c"].window = 0;
  const std::string text = print_config(config);
  const Config again = load(with_secrets_given(text));
  EXPECT_EQ(print_config(again), text);
  EXPECT_EQ(again.catalog.path, config.catalog.path);
  EXPECT_EQ(again.catalog.lookup, config.catalog.lookup);
  EXPECT_EQ(again.resolvers.count("a+b.c"), 1U);
}

TEST_F(PrintConfig, ReadsBackAsTheSameBesideAnotherFile) {
  Config config;
  config.server.listen = {"unix:run/t.socket"};
  config.admin.listen = {};
  config.log.access = "access.log";
  config.files.root = "music";
  config.cache.path = "../cache";
  config.resolvers["yt"].command = {"bin/resolve", "{}"};
  const Config again = load(print_config(config));
  const auto here = [](const std::string& path) {
    return std::filesystem::absolute(path).string();
  };
  EXPECT_THAT(again.server.listen, ElementsAre("unix:" + here("run/t.socket")));
  EXPECT_EQ(again.catalog.path, here("catalog.sqlite3"));
  EXPECT_EQ(again.log.access, here("access.log"));
  EXPECT_EQ(again.files.root, here("music"));
  EXPECT_EQ(again.cache.path, here("../cache"));
  EXPECT_THAT(again.resolvers.at("yt").command, ElementsAre(here("bin/resolve"), "{}"));
  EXPECT_EQ(again.upstream.ca_file, "");
}

TEST_F(PrintConfig, EveryTextReadsBackAsTheSame) {
  for (const std::string text : {"\n", "\n\n", "a\n", "\na", "\t", "'", "\"", "\\", "", "\u2028"}) {
    Config config;
    config.resolvers["yt"].command = {"x", text, "{}"};
    const Config again = load(print_config(config));
    EXPECT_THAT(again.resolvers.at("yt").command, ElementsAre("x", text, "{}"));
  }
}

}  // namespace
}  // namespace tonearm::app
