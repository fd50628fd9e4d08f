#include "tonearm/server/access_log.h"

#include "tonearm/server/metrics.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace tonearm::server {
namespace {

using testing::HasSubstr;

AccessRecord record() {
  AccessRecord record;
  record.time = std::chrono::sys_seconds(std::chrono::seconds(784111777));
  record.request_id = "abc";
  record.client = "203.0.113.1";
  record.method = "GET";
  record.target = "/songs/listen/1";
  record.status = 206;
  return record;
}

boost::json::object parsed(const AccessRecord& record) {
  const std::string line = format_access_line(record);
  EXPECT_TRUE(line.ends_with("}\n"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  return boost::json::parse(line).as_object();
}

TEST(AccessLine, HoldsEveryMemberOfTheInterfaceInOrder) {
  std::vector<std::string> names;
  for (const auto& member : parsed(record())) names.emplace_back(member.key());
  EXPECT_THAT(names,
              testing::ElementsAre("time", "request_id", "client", "method", "path", "status",
                                   "range", "bytes", "duration_ms", "ttfb_ms", "song", "source",
                                   "origin_bytes", "cache", "outcome", "user_agent"));
}

TEST(AccessLine, SaysWhatHappened) {
  AccessRecord what = record();
  what.range = "bytes=0-1";
  what.bytes = 5'000'000'000;
  what.duration = std::chrono::microseconds(12'345);
  what.ttfb = std::chrono::microseconds(1'500);
  what.song = "1";
  what.origin_bytes = 7;
  what.outcome = Outcome::client_gone;
  what.user_agent = "mpv \"0.35\"";
  const auto line = parsed(what);
  EXPECT_EQ(line.at("time"), "1994-11-06T08:49:37.000Z");
  EXPECT_EQ(line.at("status"), 206);
  EXPECT_EQ(line.at("range"), "bytes=0-1");
  EXPECT_EQ(line.at("bytes").to_number<std::uint64_t>(), 5'000'000'000U);
  EXPECT_DOUBLE_EQ(line.at("duration_ms").to_number<double>(), 12.345);
  EXPECT_DOUBLE_EQ(line.at("ttfb_ms").to_number<double>(), 1.5);
  EXPECT_EQ(line.at("song"), "1");
  EXPECT_EQ(line.at("outcome"), "client_gone");
  EXPECT_EQ(line.at("user_agent"), "mpv \"0.35\"");
}

TEST(AccessLine, UnknownIsNull) {
  const auto line = parsed(record());
  for (const char* name : {"range", "ttfb_ms", "song", "source", "cache", "user_agent"}) {
    EXPECT_TRUE(line.at(name).is_null()) << name;
  }
}

TEST(AccessLine, PathHasNeitherQueryNorAuthority) {
  const auto path = [](std::string_view target) {
    AccessRecord what = record();
    what.target = target;
    return boost::json::value_to<std::string>(parsed(what).at("path"));
  };
  EXPECT_EQ(path("/songs/listen/1?exp=1&sig=secret"), "/songs/listen/1");
  EXPECT_EQ(path("/songs#secret"), "/songs");
  EXPECT_EQ(path("http://user:secret@host/songs/listen/1?sig=secret"), "/songs/listen/1");
  EXPECT_EQ(path("http://host?sig=secret"), "/");
  EXPECT_EQ(path("*"), "*");
  EXPECT_EQ(path("/a?b=http://c/d"), "/a");
}

TEST(AccessLine, IsValidJsonWhateverTheClientSent) {
  AccessRecord what = record();
  what.user_agent = "\xFF\x01\"\\\n{}";
  what.target = "/\xC3";
  EXPECT_EQ(parsed(what).at("user_agent"), "\uFFFD\x01\"\\\n{}");
}

TEST(AccessLine, TimeIsRfc3339InUtcWithMilliseconds) {
  AccessRecord what = record();
  what.time += std::chrono::microseconds(7999);
  EXPECT_EQ(parsed(what).at("time"), "1994-11-06T08:49:37.007Z");
}

TEST(AccessLine, MillisecondsAreDecimalsOfThreePlacesAtMost) {
  const auto duration = [](std::chrono::nanoseconds value) {
    AccessRecord what = record();
    what.duration = value;
    const std::string line = format_access_line(what);
    const auto start = line.find("\"duration_ms\":") + 14;
    return line.substr(start, line.find(',', start) - start);
  };
  using namespace std::chrono_literals;
  EXPECT_EQ(duration(12'034us), "12.034");
  EXPECT_EQ(duration(12'034'499ns), "12.034");
  EXPECT_EQ(duration(12'034'501ns), "12.035");
  EXPECT_EQ(duration(1us), "0.001");
  EXPECT_EQ(duration(499ns), "0.0");
  EXPECT_EQ(duration(24h * 365 + 1us), "31536000000.001");
}

TEST(AccessLine, StaysReadableWhereItIsAscii) {
  AccessRecord what = record();
  what.user_agent = "a \"b\" \\ <c>/?&";
  EXPECT_THAT(format_access_line(what), HasSubstr(R"("user_agent":"a \"b\" \\ <c>/?&"})"));
}

TEST(AccessLine, NoControlCharacterReachesATerminal) {
  AccessRecord what = record();
  what.user_agent = "\x1B[\x7F\u0085\u009B\u2028\u2029\u202E\U0001F3B5";
  EXPECT_THAT(format_access_line(what),
              HasSubstr(R"("\u001b[\u007f\u0085\u009b\u2028\u2029\u202e\ud83c\udfb5")"));
  const auto told = boost::json::value_to<std::string>(parsed(what).at("user_agent"));
  EXPECT_EQ(told, what.user_agent);
}

// Unicode 15 §3.9, table 3-7.
TEST(AccessLine, MalformedUtf8IsReplaced) {
  for (const std::string_view text : {"\xFF", "\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80",
                                      "\xF4\x90\x80\x80", "\xF0\x9F\x8E"}) {
    AccessRecord what = record();
    const std::string around = "a" + std::string(text) + "z";
    what.user_agent = around;
    const auto told = boost::json::value_to<std::string>(parsed(what).at("user_agent"));
    EXPECT_THAT(told, testing::MatchesRegex("a(\uFFFD)+z"));
  }
}

TEST(AccessLine, AnyTwoBytesYieldOneLineOfPrintableAscii) {
  const auto printable = [](char c) { return ' ' <= c && c <= '~'; };
  AccessRecord what = record();
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      what.range = text;
      std::string line = format_access_line(what);
      boost::json::error_code error;
      boost::json::parse(line, error);
      ASSERT_FALSE(error) << first << " " << second;
      ASSERT_EQ(line.back(), '\n');
      line.pop_back();
      ASSERT_TRUE(std::ranges::all_of(line, printable)) << first << " " << second;
    }
  }
}

class AccessLogFile : public testing::Test {
 protected:
  AccessLogFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tonearm-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~AccessLogFile() override { std::filesystem::remove_all(directory_); }

  std::string path(const char* name) const { return (directory_ / name).string(); }
  std::unique_ptr<AccessLog> open(std::string target, std::size_t capacity = 1 << 20) {
    AccessLogOptions options;
    options.target = std::move(target);
    options.capacity = capacity;
    options.flush_timeout = flush_timeout_;
    return AccessLog::open(std::move(options), metrics_).value();
  }
  static std::vector<std::string> lines_of(const std::string& file) {
    std::ifstream in(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  /// The value of tonearm_access_log_dropped_lines_total.
  long dropped() {
    const std::string text = metrics_.expose(0);
    const std::string name = "\ntonearm_access_log_dropped_lines_total ";
    return std::strtol(text.c_str() + text.find(name) + name.size(), nullptr, 10);
  }

  Metrics metrics_;
  std::chrono::milliseconds flush_timeout_{10'000};
  std::filesystem::path directory_;
};

TEST_F(AccessLogFile, EveryLineOfEveryThreadIsWhole) {
  {
    const auto log = open(path("a.log"));
    std::vector<std::thread> loops;
    for (int i = 0; i < 4; ++i) {
      loops.emplace_back([&log] {
        for (int n = 0; n < 500; ++n) log->write(record());
      });
    }
    for (auto& loop : loops) loop.join();
  }
  const auto lines = lines_of(path("a.log"));
  ASSERT_EQ(lines.size(), 2000U);
  for (const auto& line : lines) ASSERT_EQ(line + "\n", format_access_line(record()));
  EXPECT_EQ(dropped(), 0);
}

TEST_F(AccessLogFile, AppendsAndIsNotForEverybodysEyes) {
  std::ofstream(path("a.log")) << "before\n";
  std::filesystem::remove(path("b.log"));
  open(path("a.log"))->write(record());
  open(path("b.log"))->write(record());
  EXPECT_EQ(lines_of(path("a.log")).size(), 2U);
  EXPECT_EQ(lines_of(path("a.log"))[0], "before");
  struct stat status {};
  ASSERT_EQ(::stat(path("b.log").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U & ~0640U, 0U);
}

TEST_F(AccessLogFile, ReopenGoesOnInANewFile) {
  {
    const auto log = open(path("a.log"));
    log->write(record());
    while (lines_of(path("a.log")).empty()) std::this_thread::yield();
    std::filesystem::rename(path("a.log"), path("a.log.1"));
    ASSERT_TRUE(log->reopen(path("a.log")).has_value());
    log->write(record());
  }
  EXPECT_EQ(lines_of(path("a.log.1")).size(), 1U);
  EXPECT_EQ(lines_of(path("a.log")).size(), 1U);
}

TEST_F(AccessLogFile, FailedReopenKeepsTheOldFile) {
  std::filesystem::create_directory(path("d"));
  {
    const auto log = open(path("d/a.log"));
    std::filesystem::rename(path("d"), path("e"));
    const auto reopened = log->reopen(path("d/a.log"));
    ASSERT_FALSE(reopened.has_value());
    EXPECT_THAT(reopened.error().detail, HasSubstr("d/a.log"));
    log->write(record());
  }
  EXPECT_EQ(lines_of(path("e/a.log")).size(), 1U);
}

TEST_F(AccessLogFile, ReopenGoesOnElsewhereAndNowhere) {
  {
    const auto log = open("");
    log->write(record());
    ASSERT_TRUE(log->reopen(path("a.log")).has_value());
    log->write(record());
    while (lines_of(path("a.log")).empty()) std::this_thread::yield();
    ASSERT_TRUE(log->reopen(path("b.log")).has_value());
    log->write(record());
    while (lines_of(path("b.log")).empty()) std::this_thread::yield();
    ASSERT_TRUE(log->reopen("").has_value());
    log->write(record());
  }
  EXPECT_EQ(lines_of(path("a.log")).size(), 1U);
  EXPECT_EQ(lines_of(path("b.log")).size(), 1U);
}

TEST_F(AccessLogFile, UnwritablePathIsAnErrorThatNamesIt) {
  AccessLogOptions options;
  options.target = path("missing/a.log");
  const auto log = AccessLog::open(options, metrics_);
  ASSERT_FALSE(log.has_value());
  EXPECT_THAT(log.error().detail, HasSubstr("missing/a.log"));
}

TEST_F(AccessLogFile, EmptyTargetKeepsNone) {
  const auto log = open("");
  log->write(record());
  EXPECT_TRUE(log->reopen("").has_value());
  EXPECT_EQ(dropped(), 0);
}

TEST_F(AccessLogFile, FullDiskDropsAndCounts) {
  const auto log = open("/dev/full");
  log->write(record());
  while (dropped() == 0) std::this_thread::yield();
  EXPECT_EQ(dropped(), 1);
}

/// A FIFO whose reader takes nothing until it is told to.
class AccessLogPipe : public AccessLogFile {
 protected:
  AccessLogPipe() {
    EXPECT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
    reader_ = ::open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    capacity_ = ::fcntl(reader_, F_SETPIPE_SZ, 4096);
  }
  ~AccessLogPipe() override {
    if (reader_ >= 0) ::close(reader_);
  }

  std::string read_all() const {
    std::string text;
    std::array<char, 4096> bytes{};
    for (ssize_t count = 0; (count = ::read(reader_, bytes.data(), bytes.size())) > 0;) {
      text.append(bytes.data(), static_cast<std::size_t>(count));
    }
    return text;
  }

  int reader_ = -1;
  int capacity_ = 0;
};

TEST_F(AccessLogPipe, FullPipeBlocksNobodyAndDropsWholeLines) {
  ASSERT_GE(reader_, 0);
  flush_timeout_ = std::chrono::milliseconds(0);
  const std::size_t line = format_access_line(record()).size();
  constexpr long written = 1000;
  {
    const auto log = open(path("pipe"), 16 * line);
    for (long i = 0; i < written; ++i) log->write(record());
    EXPECT_GT(dropped(), 0);
  }
  const std::string text = read_all();
  std::istringstream in(text);
  long arrived = 0;
  for (std::string each; std::getline(in, each); ++arrived) {
    ASSERT_EQ(each + "\n", format_access_line(record()));
  }
  EXPECT_GT(arrived, 0);
  EXPECT_EQ(arrived + dropped(), written);
}

TEST_F(AccessLogPipe, DestructorWaitsForASlowReader) {
  ASSERT_GE(reader_, 0);
  constexpr std::size_t written = 200;  // Far more than the pipe holds.
  const std::string expected = format_access_line(record());
  ASSERT_GT(written * expected.size(), static_cast<std::size_t>(capacity_));
  auto log = open(path("pipe"));
  for (std::size_t i = 0; i < written; ++i) log->write(record());
  std::thread closing([&log] { log.reset(); });
  std::string text;
  while (text.size() < written * expected.size() && dropped() == 0) text += read_all();
  closing.join();
  EXPECT_EQ(dropped(), 0);
  EXPECT_EQ(text.size(), written * expected.size());
}

TEST_F(AccessLogPipe, ReaderThatWentAwayIsNoSignal) {
  const auto log = open(path("pipe"));
  ::close(reader_);
  reader_ = -1;
  log->write(record());
  while (dropped() == 0) std::this_thread::yield();
  EXPECT_EQ(dropped(), 1);
}

}  // namespace
}  // namespace tonearm::server
