#include "tonearm/io/byte_stream.h"

#include "support/run.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

namespace tonearm::io {
namespace {

/// Hands out one piece per read; ends, or breaks with an error.
class ScriptedReader : public ByteReader {
 public:
  ScriptedReader(std::deque<std::string> pieces, std::optional<ErrorKind> breaks)
      : pieces_(std::move(pieces)), breaks_(breaks) {}

  Task<Result<Chunk>> read() override {
    if (pieces_.empty()) {
      if (breaks_) co_return Error{*breaks_, "scripted", {}};
      co_return Chunk();
    }
    current_ = pieces_.front();
    pieces_.pop_front();
    co_return Chunk(std::as_bytes(std::span(current_)));
  }

 private:
  std::deque<std::string> pieces_;
  std::optional<ErrorKind> breaks_;
  std::string current_;
};

/// Takes what comes; the client is gone after `most` writes.
class CollectingWriter : public ByteWriter {
 public:
  explicit CollectingWriter(std::size_t most = 1000) : most_(most) {}

  Task<Result<void>> write(Chunk chunk) override {
    if (most_-- == 0) co_return Error{ErrorKind::client_gone, "scripted", {}};
    for (const std::byte b : chunk.memory()) taken += static_cast<char>(b);
    co_return Result<void>{};
  }

  std::string taken;

 private:
  std::size_t most_;
};

TEST(Pump, MovesEverythingInOrder) {
  ScriptedReader reader({"one ", "two ", "three"}, {});
  CollectingWriter writer;
  EXPECT_TRUE(test::run(pump(reader, writer)));
  EXPECT_EQ(writer.taken, "one two three");
}

TEST(Pump, AnEmptyBodyIsDoneAtOnce) {
  ScriptedReader reader({}, {});
  CollectingWriter writer;
  EXPECT_TRUE(test::run(pump(reader, writer)));
  EXPECT_EQ(writer.taken, "");
}

TEST(Pump, AnOriginThatBreaksOffIsAnErrorAfterWhatCame) {
  ScriptedReader reader({"half"}, ErrorKind::http_response_incomplete);
  CollectingWriter writer;
  const auto result = test::run(pump(reader, writer));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::http_response_incomplete);
  EXPECT_EQ(writer.taken, "half");
}

TEST(Pump, AClientThatLeftEndsItWithoutAnotherRead) {
  ScriptedReader reader({"a", "b", "c"}, ErrorKind::internal);
  CollectingWriter writer(1);
  const auto result = test::run(pump(reader, writer));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::client_gone);
  EXPECT_EQ(writer.taken, "a");
}

}  // namespace
}  // namespace tonearm::io
