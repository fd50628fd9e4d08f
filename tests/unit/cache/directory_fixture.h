#pragma once

#include <gtest/gtest.h>

#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

namespace tonearm::cache {

/// Within a minute, on a busy machine.
template <class Condition>
bool comes_true(Condition condition) {
  for (int i = 0; i < 6000 && !condition(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return condition();
}

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
