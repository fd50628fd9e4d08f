#pragma once

#include <gtest/gtest.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>

namespace tonearm::cache {

/// Within a minute, on a busy machine.
template <class Condition>
bool comes_true(Condition condition) {
  for (int i = 0; i < 6000 && !condition(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return condition();
}

/// While it lives, files in a directory can be had by name, and the directory cannot be listed; nor
/// are we root, who may list all.
class Unlistable {
 public:
  explicit Unlistable(std::string directory) : directory_(std::move(directory)) {
    if (root_) {
      for (const auto& file : std::filesystem::directory_iterator(directory_)) {
        EXPECT_EQ(::chown(file.path().c_str(), somebody, somebody), 0);
      }
      EXPECT_EQ(::chown(directory_.c_str(), somebody, somebody), 0);
      EXPECT_EQ(::seteuid(somebody), 0);
    }
    ::chmod(directory_.c_str(), 0300);
  }
  ~Unlistable() {
    end();
    if (root_) {
      EXPECT_EQ(::seteuid(0), 0);
    }
  }
  Unlistable(const Unlistable&) = delete;
  Unlistable& operator=(const Unlistable&) = delete;

  void end() { ::chmod(directory_.c_str(), 0700); }

 private:
  static constexpr uid_t somebody = 65534;
  const std::string directory_;
  const bool root_ = ::geteuid() == 0;
};

/// A directory of its own. A test that begins anew gets another.
class DirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "tonearm-cache-XXXXXX";
    ASSERT_TRUE(::mkdtemp(directory_.data()));
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
};

}  // namespace tonearm::cache
