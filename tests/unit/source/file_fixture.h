#pragma once

#include "tonearm/io/blocking_pool.h"
#include "tonearm/source/file_source.h"

#include "support/run.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace tonearm::source {

/// A files.root of its own.
class FileFixture : public testing::Test {
 protected:
  FileFixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tonearm-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    root_ = directory_ / "root";
    std::filesystem::create_directory(root_);
  }
  ~FileFixture() override {
    pool_.join();
    std::filesystem::remove_all(directory_);
  }

  FileSource source(std::chrono::milliseconds growth_timeout = std::chrono::seconds(10)) {
    return FileSource(loop_.get_executor(), pool_, watches_,
                      FileOptions{root_.string(), growth_timeout});
  }

  void write(const std::string& name, const std::string& content,
             std::ios::openmode mode = std::ios::trunc) {
    std::ofstream(root_ / name, std::ios::binary | mode) << content;
  }
  void append(const std::string& name, const std::string& content) {
    write(name, content, std::ios::app);
  }
  void make_old(const std::string& name) {
    std::filesystem::last_write_time(
        root_ / name, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  }

  static SourceRequest request(std::string value, bool growing = false) {
    return {Locator{Locator::Kind::file, std::move(value), {}}, growing};
  }

  template <class T>
  T run(io::Task<T> task) {
    return tonearm::test::run(loop_, std::move(task));
  }

  /// The kind of error that describing ends with; empty when it is none.
  std::optional<ErrorKind> failure(const std::string& value) {
    FileSource from = source();
    auto resource = from.open(request(value));
    if (!resource) return resource.error().kind;
    const auto what = run((*resource)->describe({}));
    if (!what) return what.error().kind;
    return std::nullopt;
  }

  /// The bytes of one chunk.
  static std::string text(const io::Chunk& chunk) {
    if (chunk.file() == nullptr) {
      return {reinterpret_cast<const char*>(chunk.memory().data()), chunk.memory().size()};
    }
    const io::FileRegion& region = *chunk.file();
    std::string bytes(region.size, '\0');
    const ssize_t got =
        ::pread(region.descriptor, bytes.data(), bytes.size(), static_cast<off_t>(region.offset));
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }

  Result<std::string> read_all(io::ByteReader& reader) {
    std::string bytes;
    for (;;) {
      const Result<io::Chunk> chunk = run(reader.read());
      if (!chunk) return chunk.error();
      if (chunk->empty()) return bytes;
      bytes += text(*chunk);
    }
  }

  std::filesystem::path directory_;
  std::filesystem::path root_;
  io::BlockingPool pool_{2};
  FileWatches watches_;
  io::asio::io_context loop_{1};
};

}  // namespace tonearm::source
