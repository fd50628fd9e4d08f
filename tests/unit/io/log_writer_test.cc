#include "tonearm/io/log_writer.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace tonearm::io {
namespace {

using namespace std::chrono_literals;

template <class Condition>
bool becomes_true(const Condition& condition) {
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Both ends of a pipe that holds one page.
class SmallPipe {
 public:
  SmallPipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    out_ = OwnedDescriptor(ends[0]);
    in_ = OwnedDescriptor(ends[1]);
    EXPECT_EQ(::fcntl(in_.get(), F_SETPIPE_SZ, 4096), 4096);
  }

  OwnedDescriptor writing_end() const {
    return OwnedDescriptor(::fcntl(in_.get(), F_DUPFD_CLOEXEC, 3));
  }
  void fill() const {
    while (::write(in_.get(), "x", 1) == 1) {
    }
  }
  bool is_full() const {
    int waiting = 0;
    return ::ioctl(out_.get(), FIONREAD, &waiting) == 0 && waiting == 4096;
  }
  std::string read() const {
    std::string text(4096, '\0');
    const ssize_t count = ::read(out_.get(), text.data(), text.size());
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }

 private:
  OwnedDescriptor out_;
  OwnedDescriptor in_;
};

class LogWriterTest : public testing::Test {
 protected:
  LogWriterTest() { EXPECT_GE(file_, 0); }
  ~LogWriterTest() override {
    ::close(file_);
    std::filesystem::remove(name_);
  }

  std::unique_ptr<LogWriter> writer(OwnedDescriptor output, std::size_t capacity = 1 << 20,
                                    std::chrono::milliseconds flush_timeout = 20s) {
    return std::make_unique<LogWriter>(
        std::move(output),
        LogWriter::Options{capacity, flush_timeout, [this](std::uint64_t lines) { lost_ += lines; },
                           [this](const std::string&) { ++failures_; }});
  }
  OwnedDescriptor file() const { return OwnedDescriptor(::fcntl(file_, F_DUPFD_CLOEXEC, 3)); }
  std::string in_file() const {
    std::string text(64 * 1024, '\0');
    const ssize_t count = ::pread(file_, text.data(), text.size(), 0);
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }
  bool comes_to_file(std::string_view text) const {
    return becomes_true([&] { return in_file() == text; });
  }

  std::string name_ = (std::filesystem::current_path() / "log_writer-XXXXXX").string();
  int file_ = ::mkostemp(name_.data(), O_APPEND | O_CLOEXEC);
  std::atomic<std::uint64_t> lost_ = 0;
  std::atomic<int> failures_ = 0;
  SmallPipe pipe_;
};

TEST_F(LogWriterTest, WritesLinesAsTheyCame) {
  const auto lines = writer(file());
  EXPECT_TRUE(lines->append("one\n"));
  EXPECT_TRUE(lines->append("two\n"));
  EXPECT_TRUE(comes_to_file("one\ntwo\n"));
  EXPECT_TRUE(becomes_true([&] { return lines->is_idle(); }));
}

TEST_F(LogWriterTest, WhatDoesNotFitIsLostAndCounted) {
  pipe_.fill();
  {
    const auto lines = writer(pipe_.writing_end(), 8, 0ms);
    EXPECT_FALSE(lines->append("too long\n"));
    EXPECT_EQ(lost_, 1U);
    EXPECT_TRUE(lines->append("one\n"));
    EXPECT_FALSE(lines->is_idle());
  }
  EXPECT_EQ(lost_, 2U) << "nobody read it in time";
}

/// A pipe that is full, and a line in the writer's hands that cannot get into it.
class StuckLogWriter : public LogWriterTest {
 protected:
  StuckLogWriter() {
    pipe_.fill();
    EXPECT_TRUE(lines_->append("first\n"));
    // There is room again when the writer has taken the first.
    EXPECT_TRUE(becomes_true([&] { return lines_->append("later\n"); }));
    lost_ = 0;
  }

  std::unique_ptr<LogWriter> lines_ = writer(pipe_.writing_end(), std::string("first\n").size());
};

TEST_F(StuckLogWriter, GoesOnWithTheNextOutput) {
  lines_->change_output(file());
  EXPECT_TRUE(comes_to_file("first\nlater\n"));
  EXPECT_TRUE(becomes_true([&] { return lines_->is_idle(); }));
  EXPECT_EQ(lost_, 0U);
}

TEST_F(StuckLogWriter, GoesOnWithTheNextOutputAlsoAtTheEnd) {
  lines_->change_output(file());
  lines_.reset();
  EXPECT_EQ(in_file(), "first\nlater\n");
  EXPECT_EQ(lost_, 0U);
}

TEST_F(StuckLogWriter, MayGetStuckAgain) {
  const SmallPipe next;
  next.fill();
  lines_->change_output(next.writing_end());
  lines_->change_output(file());
  EXPECT_TRUE(comes_to_file("first\nlater\n"));
}

TEST_F(LogWriterTest, ALineThatStuckInTheMiddleIsWholeInTheNextFile) {
  const std::string large = std::string(6000, 'a') + "\n";
  const auto lines = writer(pipe_.writing_end());
  lines->append("one\n" + large + "two\n");
  EXPECT_TRUE(becomes_true([&] { return pipe_.read() == "one\n"; }));
  EXPECT_TRUE(becomes_true([&] { return pipe_.is_full(); }));
  lines->change_output(file());
  EXPECT_TRUE(comes_to_file(large + "two\n"));
  EXPECT_EQ(lost_, 0U);
}

TEST_F(LogWriterTest, APipeThatIsOpenedAgainHasThePartOnALineOfItsOwn) {
  const std::string large = std::string(6000, 'a') + "\n";
  const auto lines = writer(pipe_.writing_end());
  lines->append(large);
  EXPECT_TRUE(becomes_true([&] { return pipe_.is_full(); }));
  lines->change_output(pipe_.writing_end());
  const std::string expected = std::string(4096, 'a') + "\n" + large;
  std::string text;
  EXPECT_TRUE(becomes_true([&] { return (text += pipe_.read()).size() >= expected.size(); }));
  EXPECT_TRUE(text == expected) << text.size() << " bytes";
}

TEST_F(LogWriterTest, AnOutputThatIsLeftIsClosedAlsoWhenNoLineComes) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  const OwnedDescriptor out(ends[0]);
  const auto lines = writer(OwnedDescriptor(ends[1]));
  lines->change_output(file());
  char byte = 0;
  EXPECT_TRUE(becomes_true([&] { return ::read(out.get(), &byte, 1) == 0; }));
}

/// A file that can grow by some bytes only, as on a disk that is full: what fits of a write(2) is
/// taken. Its end is far beyond what else the test may write.
class FullLogWriter : public LogWriterTest {
 protected:
  static constexpr off_t full = 64 * 1024 * 1024;

  FullLogWriter() {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    EXPECT_EQ(::ftruncate(file_, full - 16), 0);
    limit(full);
  }
  ~FullLogWriter() override { limit(before_.rlim_cur); }

  void limit(rlim_t size) const {
    const rlimit changed{size, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &changed), 0);
  }
  std::string written() const {
    std::string text(256, '\0');
    const ssize_t count = ::pread(file_, text.data(), text.size(), full - 16);
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }
  void write(LogWriter& lines, std::string_view text) const {
    EXPECT_TRUE(lines.append(text));
    EXPECT_TRUE(becomes_true([&] { return lines.is_idle(); }));
  }

 private:
  rlimit before_{};
};

TEST_F(FullLogWriter, AFileEndsWithItsLastWholeLine) {
  const auto lines = writer(file());
  write(*lines, "one\na line that is too long\nlast\n");
  EXPECT_EQ(written(), "one\n");
  EXPECT_EQ(lost_, 2U);
  write(*lines, "a line that is too long\n");
  EXPECT_EQ(written(), "one\n");
  EXPECT_EQ(failures_, 1) << "said once, though a part of each line fits";
  limit(full + 100);
  write(*lines, "a line that is not too long\n");
  EXPECT_EQ(written(), "one\na line that is not too long\n");
}

TEST_F(FullLogWriter, SoDoesOneThatIsNotAppendedTo) {
  ASSERT_EQ(::fcntl(file_, F_SETFL, 0), 0);
  ASSERT_EQ(::lseek(file_, full - 16, SEEK_SET), full - 16);
  const auto lines = writer(file());
  write(*lines, "one\na line that is too long\n");
  limit(full + 100);
  write(*lines, "two\n");
  EXPECT_EQ(written(), "one\ntwo\n");
}

TEST_F(FullLogWriter, ALineOfSeveralWritesIsTakenBackAsAWhole) {
  const auto lines = writer(file());
  const std::string large = std::string(6000, 'a') + "\n";
  limit(full + 4096);
  write(*lines, large);
  EXPECT_EQ(written(), "");
}

}  // namespace
}  // namespace tonearm::io
