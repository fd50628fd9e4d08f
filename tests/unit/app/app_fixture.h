#pragma once

#include "app/load_config.h"

#include <gtest/gtest.h>

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace tonearm::app {

/// A directory of its own for the files of one test.
class InDirectory : public testing::Test {
 protected:
  InDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "tonearm-app-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~InDirectory() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const auto path = directory_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  Config load(const std::string& toml, const Overrides& overrides = {}) const {
    return load_config(write("t.toml", toml), overrides);
  }
  /// The error's line with the directory's name removed; "" when there is none.
  std::string error_of(const std::string& toml, const Overrides& overrides = {}) const {
    try {
      load(toml, overrides);
    } catch (const ConfigError& error) {
      return without_directory(error.what());
    }
    return {};
  }
  std::string without_directory(std::string text) const {
    const std::string prefix = directory_.string() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

  std::filesystem::path directory_;
};

/// An environment variable for the time of one test.
class WithVariable {
 public:
  WithVariable(const char* name, const char* value) : name_(name) {
    if (const char* before = ::getenv(name)) before_ = before;
    ::setenv(name, value, 1);
  }
  ~WithVariable() {
    if (before_) {
      ::setenv(name_, before_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  WithVariable(const WithVariable&) = delete;
  WithVariable& operator=(const WithVariable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

inline std::string read_source_file(const std::string& name) {
  std::ifstream file(std::filesystem::path(TONEARM_SOURCE_DIR) / name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace tonearm::app
