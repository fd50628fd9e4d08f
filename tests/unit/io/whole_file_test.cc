#include "tonearm/io/whole_file.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

namespace tonearm::io {
namespace {

class ReadWholeFile : public testing::Test {
 protected:
  ReadWholeFile() {
    std::string name = (std::filesystem::temp_directory_path() / "tonearm-io-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~ReadWholeFile() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const auto path = directory_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  /// What is wrong with the file, without the directory's name; "" when nothing is.
  std::string fault(const std::filesystem::path& path, Reading reading = Reading::once) {
    std::string text = read_whole_file(path, reading, out).value_or("");
    const std::string prefix = directory_.string() + "/";
    const std::size_t at = text.find(prefix);
    return at == std::string::npos ? text : text.erase(at, prefix.size());
  }

  std::filesystem::path directory_;
  std::string out = "before";
};

TEST_F(ReadWholeFile, ReadsAnyBytesToTheEnd) {
  std::string all(100'000, '\0');
  all += "\r\nend";
  for (const Reading reading : {Reading::once, Reading::again}) {
    EXPECT_EQ(fault(write("f", all), reading), "");
    EXPECT_EQ(out, all);
    EXPECT_EQ(fault(write("empty", ""), reading), "");
    EXPECT_EQ(out, "");
  }
}

TEST_F(ReadWholeFile, AReadThatFailsIsNoEmptyFile) {
  for (const Reading reading : {Reading::once, Reading::again}) {
    // Its first page is not mapped.
    EXPECT_EQ(fault("/proc/self/mem", reading), "cannot read /proc/self/mem: Input/output error");
    EXPECT_EQ(fault("/dev/zero", reading), "cannot read /dev/zero: File too large");
    EXPECT_EQ(fault(directory_ / "none", reading), "cannot read none: No such file or directory");
    EXPECT_EQ(fault(write("d/f", "").parent_path(), reading), "cannot read d: Is a directory");
  }
  EXPECT_EQ(out, "before");
}

TEST_F(ReadWholeFile, APipeIsNotWaitedForAgain) {
  const auto path = directory_ / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  // Nobody writes to it.
  EXPECT_EQ(fault(path, Reading::again),
            "cannot read fifo: it is a pipe, which can be read only once");
  EXPECT_EQ(out, "before");
}

TEST_F(ReadWholeFile, APipeIsReadToTheEndOnce) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  EXPECT_EQ(::write(ends[1], "text", 4), 4);
  ::close(ends[1]);
  const std::string path = "/dev/fd/" + std::to_string(ends[0]);
  EXPECT_EQ(fault(path), "");
  EXPECT_EQ(out, "text");
  EXPECT_NE(fault(path, Reading::again), "");
  EXPECT_EQ(out, "text");
  ::close(ends[0]);
}

}  // namespace
}  // namespace tonearm::io
