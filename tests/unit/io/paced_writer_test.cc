#include "tonearm/io/paced_writer.h"

#include "support/run.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace tonearm::io {
namespace {

using namespace std::chrono_literals;

const auto begin = Clock::time_point(1h);

/// What goes between two times, looked at as often as take() says.
std::uint64_t taken(Pace& pace, Clock::time_point from, Clock::duration during, int* wake_ups) {
  std::uint64_t all = 0;
  *wake_ups = 0;
  for (auto now = from; now < from + during; ++*wake_ups) {
    while (const std::uint64_t count = pace.take(1'000'000, now)) all += count;
    now = pace.when(1'000'000);
  }
  return all;
}

TEST(Pace, TheFirstBytesAreFree) {
  Pace pace(1000, 5000, begin);
  EXPECT_EQ(pace.take(4000, begin), 4000U);
  EXPECT_EQ(pace.take(4000, begin), 1000U);
  EXPECT_EQ(pace.take(4000, begin), 0U);
}

TEST(Pace, TheOthersGoAtTheRateWithFewWakeUps) {
  for (const std::uint64_t rate : {1024U, 100'000U, 50'000'000U}) {
    Pace pace(rate, 0, begin);
    int wake_ups = 0;
    const auto bytes = static_cast<double>(taken(pace, begin, 10s, &wake_ups));
    EXPECT_NEAR(bytes / static_cast<double>(rate), 10, 0.25) << rate;
    EXPECT_LE(wake_ups, 10 * 60) << rate;
  }
}

TEST(Pace, APauseSavesUpNoMoreThanAFifthOfASecond) {
  Pace pace(10'000, 0, begin);
  EXPECT_EQ(pace.take(1'000'000, begin + 1h), 2000U);
  EXPECT_EQ(pace.take(1'000'000, begin + 1h), 0U);
}

TEST(Pace, TheLastFewBytesNeedNotWaitForAPortion) {
  Pace pace(10'000, 0, begin);
  EXPECT_EQ(pace.take(5, begin), 0U);
  EXPECT_LE(pace.when(5), begin + 1ms);
  EXPECT_EQ(pace.take(5, pace.when(5)), 5U);
}

/// Remembers what it was given.
class Taker : public ByteWriter {
 public:
  Task<Result<void>> write(Chunk chunk) override {
    if (const FileRegion* region = chunk.file()) {
      regions.push_back(*region);
    } else {
      text.append(reinterpret_cast<const char*>(chunk.memory().data()), chunk.memory().size());
    }
    if (fails) co_return Error{ErrorKind::client_gone, {}, {}};
    co_return Result<void>{};
  }
  std::string text;
  std::vector<FileRegion> regions;
  bool fails = false;
};

Task<Result<void>> write_paced(Taker& to, Chunk chunk, std::uint64_t rate) {
  const Executor executor = co_await asio::this_coro::executor;
  PacedWriter paced(executor, to, Pace(rate, 10, Clock::now()));
  co_return co_await paced.write(chunk);
}

TEST(PacedWriter, HandsOnEveryByteInOrder) {
  std::string text(100'000, ' ');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i % 251);
  Taker to;
  const Chunk chunk(std::as_bytes(std::span(text)));
  EXPECT_TRUE(test::run(write_paced(to, chunk, 10'000'000)));
  EXPECT_TRUE(to.text == text);
}

TEST(PacedWriter, CutsRegionsOfAFile) {
  Taker to;
  const Chunk chunk(FileRegion{7, 1000, 100'000});
  EXPECT_TRUE(test::run(write_paced(to, chunk, 10'000'000)));
  std::uint64_t next = 1000;
  for (const FileRegion& region : to.regions) {
    EXPECT_EQ(region.descriptor, 7);
    EXPECT_EQ(region.offset, next);
    next += region.size;
  }
  EXPECT_EQ(next, 101'000U);
  EXPECT_GT(to.regions.size(), 1U);
}

TEST(PacedWriter, EndsWithWhatTheWriterSays) {
  Taker to;
  to.fails = true;
  const std::string text(100, 'x');
  const Chunk chunk(std::as_bytes(std::span(text)));
  EXPECT_FALSE(test::run(write_paced(to, chunk, 1024)));
  EXPECT_EQ(to.text.size(), 10U);
}

}  // namespace
}  // namespace tonearm::io
