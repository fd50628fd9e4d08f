#include "http_fixture.h"

#include <string>

namespace tonearm::source {
namespace {

/// Of each range only a part, and so none that is of use where nothing is proven.
OriginAnswer shortened(OriginAsked asked, const std::string& content) {
  asked.last = std::min<std::uint64_t>(*asked.last, *asked.first + 999);
  return honest_answer(asked, content, "");
}

class HttpLengthTest : public HttpFixture {
 protected:
  /// Parts are of `content`; the whole is `whole`.
  Heard hear_whole(const std::string& content, const std::string& whole, Wish wish = {}) {
    ScriptedOrigin origin([&](const OriginAsked& asked) {
      return asked.first ? shortened(asked, content) : chunked(whole);
    });
    return hear(origin, std::move(wish));
  }
};

TEST_F(HttpLengthTest, AWholeThatSaysNoLengthContradictsNoDescription) {
  const std::string content = make_content(400 * KiB);
  const Heard all = hear_whole(content, content);
  EXPECT_FALSE(all.error);
  EXPECT_TRUE(all.body == content);
  const Heard middle = hear_whole(content, content, {200'000, 300'000, true, {}});
  EXPECT_FALSE(middle.error);
  EXPECT_TRUE(middle.body == content.substr(200'000, 100'000));
}

TEST_F(HttpLengthTest, AWholeOfAnotherLengthThanDescribedNeverLooksWhole) {
  options_.retries = 0;
  const std::string content = make_content(400 * KiB);
  for (const std::size_t size : {399 * KiB, 400 * KiB + 1, 800 * KiB}) {
    const Heard heard = hear_whole(content, make_content(size, 2));
    EXPECT_TRUE(heard.error) << size;
    EXPECT_LT(heard.body.size(), content.size()) << size;
  }
}

TEST_F(HttpLengthTest, ASongAsShortAsTheQuestionForItsLengthIsOneRequest) {
  for (const std::size_t size : {1U, 2U, 3U}) {
    const std::string content = make_content(size);
    for (const std::string& fields : {strong, std::string()}) {
      ScriptedOrigin origin(honest(content, fields));
      const Heard heard = hear(origin);
      EXPECT_EQ(heard.body, content);
      EXPECT_EQ(origin.asked().size(), 1U) << size << fields;
    }
  }
}

/// Equal size is what `window` takes as proof.
TEST_F(HttpLengthTest, InMidBodyAnAnswerWithoutALengthProvesNothing) {
  options_.window = 128 * KiB;
  const std::string type = "Content-Type: audio/mpeg\r\n";
  const std::string content = make_content(400 * KiB);
  ScriptedOrigin origin([&](const OriginAsked& asked) {
    return *asked.first == 0 ? honest_answer(asked, content, type) : chunked(content, type);
  });
  const Heard heard = hear(origin);
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->kind, ErrorKind::representation_changed);
  EXPECT_TRUE(heard.body == content.substr(0, 128 * KiB));
}

}  // namespace
}  // namespace tonearm::source
