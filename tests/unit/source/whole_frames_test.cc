#include "source/whole_frames.h"

#include "tonearm/io/owned_descriptor.h"

#include "support/run.h"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tonearm::source {
namespace {

/// Hands out pieces of a fixed size, in turn of a file and of memory.
class PiecesOfAFile final : public io::ByteReader {
 public:
  PiecesOfAFile(int descriptor, std::string_view content, std::size_t piece)
      : descriptor_(descriptor), content_(content), piece_(piece) {}

  io::Task<Result<io::Chunk>> read() override {
    const std::string_view piece = content_.substr(position_, piece_);
    const std::size_t at = position_;
    position_ += piece.size();
    in_memory_ = !in_memory_;
    if (in_memory_) co_return io::Chunk(std::as_bytes(std::span(piece)));
    co_return io::Chunk(io::FileRegion{descriptor_, at, piece.size()});
  }

 private:
  int descriptor_;
  std::string_view content_;
  std::size_t piece_;
  std::size_t position_ = 0;
  bool in_memory_ = false;
};

class WholeFramesTest : public testing::Test {
 protected:
  WholeFramesTest() : file_(::memfd_create("sound", MFD_CLOEXEC)) {
    for (int i = 0; i < 100; ++i) content_ += static_cast<char>(i);
    EXPECT_EQ(::write(file_.get(), content_.data(), content_.size()), 100);
  }

  std::string bytes_of(const io::Chunk& chunk) const {
    if (const io::FileRegion* region = chunk.file()) {
      return content_.substr(region->offset, region->size);
    }
    return {reinterpret_cast<const char*>(chunk.memory().data()), chunk.memory().size()};
  }

  WholeFrames frames_of(std::size_t size, std::size_t piece, std::uint64_t lead = 0) const {
    return {std::make_unique<PiecesOfAFile>(file_.get(), content_, piece),
            size,
            {lead, std::numeric_limits<std::uint64_t>::max()}};
  }

  io::OwnedDescriptor file_;
  std::string content_;
};

TEST_F(WholeFramesTest, WhatComesFromAFileIsCutLikeWhatComesFromMemory) {
  for (const std::size_t size : {1U, 2U, 7U, 9U, 101U}) {
    for (const std::size_t piece : {1U, 2U, 5U, 9U, 20U, 100U}) {
      for (const std::size_t lead : {0U, 3U}) {
        WholeFrames frames = frames_of(size, piece, lead);
        std::string got;
        for (;;) {
          const io::Chunk chunk = test::run(frames.read()).value();
          if (chunk.empty()) break;
          got += bytes_of(chunk);
        }
        const std::size_t end = lead + (content_.size() - lead) / size * size;
        EXPECT_EQ(got, content_.substr(0, end)) << size << ' ' << piece << ' ' << lead;
      }
    }
  }
}

TEST_F(WholeFramesTest, WholeFramesOfAFileStayInIt) {
  WholeFrames frames = frames_of(9, 50);
  EXPECT_EQ(test::run(frames.read()).value().size(), 45U);  // of memory
  EXPECT_EQ(test::run(frames.read()).value().size(), 9U);   // begun there
  const io::Chunk rest = test::run(frames.read()).value();
  ASSERT_NE(rest.file(), nullptr);
  EXPECT_EQ(rest.file()->offset, 54U);
  EXPECT_EQ(rest.size(), 45U);
}

TEST_F(WholeFramesTest, AFileThatShrinksIsAnError) {
  WholeFrames frames = frames_of(60, 50);
  ASSERT_EQ(::ftruncate(file_.get(), 50), 0);
  const auto frame = test::run(frames.read());
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().kind, ErrorKind::representation_changed);
}

}  // namespace
}  // namespace tonearm::source
