#include "app/keys.h"

#include "app/load_config.h"
#include "unit/app/app_fixture.h"

#include <set>

namespace tonearm::app {
namespace {

TEST(Nearest, TakesTheFewestEdits) {
  const std::vector<std::string> names = all_key_names();
  const struct {
    std::string_view wrong;
    std::string_view meant;
  } rows[] = {{"server.thread", "server.threads"},
              {"server.max_conections", "server.max_connections"},
              {"upstream.baseurl", "upstream.base_url"},
              {"stream.buffers", "stream.buffer"},
              {"log.levle", "log.level"},
              {"cache.path", "cache.path"}};
  for (const auto& row : rows) {
    EXPECT_EQ(nearest(row.wrong, names), row.meant);
  }
}

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

/// The rows of docs/configuration.md and the table of keys agree on what a coming version brings.
TEST(Documentation, MarksWhatIsNotYet) {
  const std::string text = read_source_file("docs/configuration.md");
  const auto expect_marked = [&](const std::string& name, bool later) {
    const std::size_t row = text.find("\n| `" + name + "` |");
    ASSERT_NE(row, std::string::npos) << name;
    const std::string line = text.substr(row + 1, text.find('\n', row + 1) - row - 1);
    EXPECT_EQ(line.find("not yet") != std::string::npos, later) << line;
  };
  for (const Section& section : sections()) {
    for (const auto& key : section.keys) expect_marked(section.name + "." + key.name, key.later);
  }
  for (const auto& key : resolver_keys()) expect_marked("resolver.NAME." + key.name, key.later);
}

/// The text of one table of the sample, with a resolver's comment signs taken off.
std::string sample_table(const std::string& text, const std::string& name) {
  const std::string head = (name == "resolver.yt" ? "\n# [" : "\n[") + name + "]";
  const std::size_t begin = text.find(head);
  if (begin == std::string::npos) return {};
  const std::size_t end = text.find("\n[", begin + head.size());
  return text.substr(begin, end == std::string::npos ? end : end - begin);
}

TEST(Sample, NamesEveryKeyAndMarksWhatIsNotYet) {
  const std::string text = read_source_file("config/tonearm.toml");
  for (const Section& section : sections()) {
    const std::string table = sample_table(text, section.name);
    for (const auto& key : section.keys) {
      const std::size_t at = table.find("\n" + key.name + " = ");
      ASSERT_NE(at, std::string::npos) << section.name << '.' << key.name;
      const std::string line = table.substr(at + 1, table.find('\n', at + 1) - at - 1);
      EXPECT_EQ(line.find("not yet in this version") != std::string::npos, key.later) << line;
    }
  }
}

TEST_F(InDirectory, TheSampleHasPreciselyTheDefaults) {
  const auto file = write("tonearm.toml", read_source_file("config/tonearm.toml"));
  Loaded loaded = load_config(file, {});
  EXPECT_EQ(loaded.config.catalog.path, (directory_ / "catalog.sqlite3").string());
  loaded.config.catalog.path = Config{}.catalog.path;
  EXPECT_EQ(print_config(loaded.config), print_config(Config{}));
  EXPECT_TRUE(loaded.not_yet.empty());
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
  Config actual = load(table).config;
  actual.catalog.path = expected.catalog.path;  // a default, too, lies beside the file
  EXPECT_EQ(print_config(actual), print_config(expected));
}

}  // namespace
}  // namespace tonearm::app
