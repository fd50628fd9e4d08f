#include "tonearm/source/sound.h"

#include "http_fixture.h"

#include <string>
#include <vector>

namespace tonearm::source {
namespace {

struct Part {
  std::uint64_t first;
  std::uint64_t end;
};

io::Task<Result<std::string>> read_all(Resource& resource, std::uint64_t first,
                                       std::optional<std::uint64_t> end) {
  std::string body;
  const auto reader = resource.read(first, end);
  for (;;) {
    const Result<io::Chunk> chunk = co_await reader->read();
    if (!chunk) co_return chunk.error();
    if (chunk->empty()) co_return body;
    const auto bytes = chunk->memory();
    body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
}

/// What a client that asks for several ranges gets, one string each; stops at an error.
io::Task<std::vector<std::string>> read_parts(std::unique_ptr<Resource> resource, ReadIntent intent,
                                              std::vector<Part> parts) {
  std::vector<std::string> bodies;
  intent.several = parts.size() > 1;
  const Result<http::Representation> what = co_await resource->describe(intent);
  if (!what) co_return bodies;
  for (const Part& part : parts) {
    const Result<std::string> body = co_await read_all(*resource, part.first, part.end);
    if (!body) break;
    bodies.push_back(*body);
  }
  co_return bodies;
}

/// The ways in which an origin without strong validators may hand out its bytes.
class HttpPartsTest : public HttpFixture, public testing::WithParamInterface<bool> {
 protected:
  ScriptedOrigin::Script origin_of(const std::string& content) {
    return [&content, ranges = GetParam()](const OriginAsked& asked) {
      return honest_answer(ranges ? asked : OriginAsked{}, content, "");
    };
  }

  std::vector<std::string> read(const ScriptedOrigin& origin, std::vector<Part> parts,
                                SoundView view = {}) {
    io::asio::io_context loop(1);
    HttpSource source(make_http_client(loop.get_executor(), options_));
    Locator locator;
    locator.kind = Locator::Kind::url;
    locator.value = origin.url() + "/song";
    auto resource = view_as_wav(source.open({locator}).value(), std::move(view));
    ReadIntent intent;
    if (parts.front().end != 0) {
      intent.range = http::RangeSpec{parts.front().first, parts.front().end - 1};
    }
    return test::run(loop, read_parts(std::move(resource), intent, parts));
  }
};

TEST_P(HttpPartsTest, SeveralRangesComeFromOnePass) {
  const std::string content = make_content(400'000);
  const ScriptedOrigin origin(origin_of(content));
  const std::vector<std::vector<Part>> lists{
      {{0, 5}, {5, 10}},
      {{0, 1}, {399'999, 400'000}},
      {{0, 100'000}, {200'000, 300'000}},
      {{10, 20}, {30, 40}, {300'000, 300'001}, {300'001, 400'000}},
  };
  for (const auto& parts : lists) {
    std::vector<std::string> expected;
    for (const Part& part : parts) {
      expected.push_back(content.substr(part.first, part.end - part.first));
    }
    EXPECT_EQ(read(origin, parts), expected) << parts.back().first;
  }
}

TEST_P(HttpPartsTest, AWavIsHeardFromAPosition) {
  const http::WavFormat format = http::parse_pcm_format("s16le/16000/1").value();
  constexpr std::size_t second = 32'000;
  const std::string sound = make_content(12 * second);
  const std::string content = http::wav_header(format, sound.size()) + sound;
  const ScriptedOrigin origin(origin_of(content));
  for (const std::size_t from : {0U, 1U, 10U}) {
    SoundView view;
    view.position = http::SoundPosition::parse(std::to_string(from)).value();
    const std::string left = sound.substr(from * second);
    const std::string heard = http::wav_header(format, left.size()) + left;
    EXPECT_EQ(read(origin, {{0, heard.size()}}, view), std::vector{heard}) << from;
    EXPECT_EQ(read(origin, {{40, 50}}, view), std::vector{heard.substr(40, 10)}) << from;
    EXPECT_EQ(read(origin, {{50'000, 60'000}}, view), std::vector{heard.substr(50'000, 10'000)})
        << from;
    EXPECT_EQ(read(origin, {{0, 50}, {60'000, 60'010}}, view),
              (std::vector{heard.substr(0, 50), heard.substr(60'000, 10)}))
        << from;
  }
}

INSTANTIATE_TEST_SUITE_P(, HttpPartsTest, testing::Bool(), [](const auto& test) {
  return test.param ? "OfAnOriginWithRanges" : "OfAnOriginThatIgnoresRange";
});

}  // namespace
}  // namespace tonearm::source
