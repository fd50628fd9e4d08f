#include "app/suggestions.h"

#include "app/keys.h"

#include <gtest/gtest.h>

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
              {"server.LISTEN", "server.listen"},
              {"cache.path", "cache.path"},
              {"s3.region_file", "s3.region"},
              {"log.access_log", "log.access"},
              {"server.level", "log.level"},
              {"stream.listen", "server.listen"}};
  for (const auto& row : rows) {
    EXPECT_EQ(nearest(row.wrong, names), row.meant) << row.wrong;
  }
}

TEST(Nearest, TakesNothingThatIsNotNear) {
  for (const std::string_view wrong : {"server.frob", "log.colour", "files.", "s3.bucket", "x"}) {
    EXPECT_EQ(nearest(wrong, all_key_names()), std::nullopt) << wrong;
  }
  EXPECT_EQ(nearest("x", {}), std::nullopt);
}

TEST(Nearest, NeighboursThatChangedPlacesAreOneEdit) {
  EXPECT_EQ(nearest("isgn", {"sing", "sign"}), "sign");
  EXPECT_EQ(nearest("ab", {"cd", "ba"}), "ba");
  EXPECT_EQ(nearest("abc", {"cba"}), std::nullopt);
}

TEST(Enumerated, HasAnAndBeforeTheLast) {
  EXPECT_EQ(enumerated({}), "");
  EXPECT_EQ(enumerated({"a"}), "a");
  EXPECT_EQ(enumerated({"a", "b"}), "a and b");
  EXPECT_EQ(enumerated({"a", "b", "c"}), "a, b and c");
}

}  // namespace
}  // namespace tonearm::app
