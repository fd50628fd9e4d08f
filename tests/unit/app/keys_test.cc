#include "app/keys.h"

#include "app/load_config.h"
#include "unit/app/app_fixture.h"

#include <set>

namespace tonearm::app {
namespace {

TEST(AllKeyNames, EachIsThereOnce) {
  const auto names = all_key_names();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  EXPECT_EQ(names.front(), "server.listen");
  EXPECT_EQ(names.back(), "resolver.NAME.window");
}

TEST(Documentation, NamesEveryKeyInATableRow) {
  const std::string text = read_source_file("docs/configuration.md");
  for (const std::string& name : all_key_names()) {
    EXPECT_NE(text.find("\n| `" + name + "` |"), std::string::npos) << name;
  }
}

TEST(Documentation, SaysOfEachKeyWhatItDoes) {
  const std::string text = read_source_file("docs/configuration.md");
  for (const std::string& name : all_key_names()) {
    const bool alone = text.find("\n- `" + name + '`') != std::string::npos;
    const bool beside = text.find("`, `" + name + "`") != std::string::npos;
    EXPECT_TRUE(alone || beside) << name;
  }
}

TEST(Documentation, HasARowForEachKey) {
  const std::string text = read_source_file("docs/configuration.md");
  for (const std::string& name : all_key_names()) {
    EXPECT_NE(text.find("\n| `" + name + "` |"), std::string::npos) << name;
  }
}

/// The text of one table of the sample, with a resolver's comment signs taken off.
std::string sample_table(const std::string& text, const std::string& name) {
  const std::string head = (name == "resolver.yt" ? "\n# [" : "\n[") + name + "]";
  const std::size_t begin = text.find(head);
  if (begin == std::string::npos) return {};
  const std::size_t end = text.find("\n[", begin + head.size());
  return text.substr(begin, end == std::string::npos ? end : end - begin);
}

TEST(Sample, NamesEveryKey) {
  const std::string text = read_source_file("config/tonearm.toml");
  for (const Section& section : sections()) {
    const std::string table = sample_table(text, section.name);
    for (const auto& key : section.keys) {
      EXPECT_NE(table.find("\n" + key.name + " = "), std::string::npos)
          << section.name << '.' << key.name;
    }
  }
}

TEST_F(InDirectory, TheSampleHasPreciselyTheDefaults) {
  const auto file = write("tonearm.toml", read_source_file("config/tonearm.toml"));
  Config config = load_config(file, {});
  EXPECT_EQ(config.catalog.path, (directory_ / "catalog.sqlite3").string());
  config.catalog.path = Config{}.catalog.path;
  EXPECT_EQ(print_config(config), print_config(Config{}));
}

TEST_F(InDirectory, TheSamplesResolverIsValidWithTheDefaults) {
  std::string table = sample_table(read_source_file("config/tonearm.toml"), "resolver.yt");
  for (std::size_t at = table.find("\n# "); at != std::string::npos; at = table.find("\n# ")) {
    table.erase(at + 1, 2);
  }
  for (const auto& key : resolver_keys()) {
    EXPECT_NE(table.find("\n" + key.name + " = "), std::string::npos) << key.name;
  }
  Config expected;
  expected.resolvers["yt"].command = {"yt-dlp", "--no-playlist", "-f", "bestaudio/best", "-J", "--",
                                      "{}"};
  Config actual = load(table);
  actual.catalog.path = expected.catalog.path;  // a default, too, lies beside the file
  EXPECT_EQ(print_config(actual), print_config(expected));
}

}  // namespace
}  // namespace tonearm::app
