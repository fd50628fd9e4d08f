#include "app/logging.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <thread>

namespace tonearm::app {
namespace {

TEST(OneLineLog, ControlCharactersAreEscaped) {
  testing::internal::CaptureStderr();
  const ErrorLog log("info");
  spdlog::warn("a song\n2026-01-01 error forged\x1b[31m\t\x7f \xC3\xA9");
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_NE(
      logged.find(" warning a song\\x0a2026-01-01 error forged\\x1b[31m\\x09\\x7f \xC3\xA9\n"),
      std::string::npos)
      << logged;
  EXPECT_EQ(logged.find('\n'), logged.size() - 1);
}

/// stderr is a pipe for the time of one test.
class StderrPipe {
 public:
  StderrPipe() : before_(::dup(STDERR_FILENO)) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
    read_ = ends[0];
  }
  ~StderrPipe() {
    restore();
    ::close(read_);
    ::close(before_);
  }
  StderrPipe(const StderrPipe&) = delete;
  StderrPipe& operator=(const StderrPipe&) = delete;

  void restore() const { ::dup2(before_, STDERR_FILENO); }
  /// What is written to it up to its end, or up to `last`.
  std::string read_until(const std::string& last) {
    std::string all;
    std::array<char, 65'536> piece;
    while (all.find(last) == std::string::npos) {
      const ssize_t got = ::read(read_, piece.data(), piece.size());
      if (got <= 0) break;
      all.append(piece.data(), static_cast<std::size_t>(got));
    }
    return all;
  }

 private:
  int before_;
  int read_ = -1;
};

TEST(ErrorLog, DoesNotWaitForWhoeverReadsItAndSaysWhatIsLost) {
  StderrPipe pipe;
  std::string seen;
  const std::string filling(1000, 'x');
  {
    const ErrorLog log("info");
    // More than the pipe, the lines that wait and those that are being written can hold.
    for (int i = 0; i < 4000; ++i) spdlog::warn("{} {}", i, filling);
    seen = pipe.read_until(" 1000 xxx");
    // There is room again.
    spdlog::error("the last");
    seen += pipe.read_until("the last\n");
  }
  pipe.restore();
  EXPECT_NE(seen.find(" warning 0 xxx"), std::string::npos);
  int lost = 0;
  int notes = 0;
  const std::string_view note = " lines of this log were lost\n";
  for (auto at = seen.find(note); at != std::string::npos; at = seen.find(note, at + 1)) {
    lost += std::stoi(seen.substr(seen.rfind(' ', at - 1) + 1));
    ++notes;
  }
  EXPECT_GT(notes, 0);
  const auto lines = std::count(seen.begin(), seen.end(), '\n');
  EXPECT_EQ(lines - notes + lost, 4000 + 1) << "each line is there, or counted";
}

TEST(ErrorLog, WhatStillWaitsIsWrittenAtTheEnd) {
  StderrPipe pipe;
  std::string seen;
  std::thread reader;
  {
    const ErrorLog log("info");
    for (int i = 0; i < 500; ++i) spdlog::warn("{} {}", i, std::string(1000, 'x'));
    spdlog::error("the last");
    reader = std::thread([&] { seen = pipe.read_until("the last\n"); });
  }
  pipe.restore();
  reader.join();
  EXPECT_TRUE(seen.ends_with("the last\n"));
  EXPECT_EQ(std::count(seen.begin(), seen.end(), '\n'), 501);
}

}  // namespace
}  // namespace tonearm::app
