#pragma once

#include "tonearm/cache/caching_source.h"

#include "cache/store.h"
#include "support/run.h"
#include "unit/cache/directory_fixture.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tonearm::cache {

/// A byte of the content of a scripted song.
inline char content_at(std::uint64_t position, int seed) {
  return static_cast<char>((position * 31 + position / 251 + static_cast<std::uint64_t>(seed)) &
                           0xFF);
}

inline std::string content(std::uint64_t first, std::uint64_t end, int seed = 1) {
  std::string text;
  text.reserve(end - first);
  for (std::uint64_t i = first; i < end; ++i) text += content_at(i, seed);
  return text;
}

/// An origin's song as a test says it is, shared by all of its resources.
struct ScriptedSong {
  http::Representation what;
  int seed = 1;
  std::optional<ErrorKind> failure;  ///< Of describing.
  bool no_store_of_failure = false;
  std::optional<std::uint64_t> breaks_at;  ///< Reading fails here.
  std::uint64_t piece = 16 * 1024;         ///< Handed out at a time.
  std::uint64_t hidden_length = 100'001;   ///< When what.length is not said.
  bool answers_304 = true;                 ///< Knows conditional requests.
  std::optional<http::CacheFields> caching_of_304;
  std::optional<http::EntityTag> etag_of_304;
  std::string type_of_304;
  std::function<void()> before_describe;
  std::function<io::Task<void>()> before_answer;
  std::function<io::Task<void>()> before_read;  ///< Runs before each piece.
  io::Taker* taker = nullptr;                   ///< Of the resource that was told of one last.
  std::atomic<std::uint64_t> served{0};
  std::atomic<int> described{0};
  std::atomic<int> conditional{0};
  std::atomic<int> expects_many{0};

  explicit ScriptedSong(std::uint64_t length) {
    what.length = length;
    what.content_type = "audio/mpeg";
    what.validators.etag = http::EntityTag{"\"v1\"", false};
    what.caching.max_age = std::chrono::seconds(3600);
  }
};

class ScriptedResource final : public source::Resource {
 public:
  explicit ScriptedResource(std::shared_ptr<ScriptedSong> song) : song_(std::move(song)) {}

  void set_taker(io::Taker& taker) override { song_->taker = &taker; }
  io::Task<Result<http::Representation>> describe(const source::ReadIntent& intent) override {
    ++song_->described;
    ++use_.requests;
    several_ = intent.several;
    seed_ = song_->seed;
    if (song_->before_describe) song_->before_describe();
    if (song_->before_answer) co_await song_->before_answer();
    if (song_->failure)
      co_return Error{*song_->failure, "scripted", {}, song_->no_store_of_failure};
    http::Representation what = song_->what;
    what.caching.received =
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    if (intent.known) {
      ++song_->conditional;
      what.unchanged = song_->answers_304 && *intent.known == what.validators;
      if (what.unchanged && song_->caching_of_304) what.caching = *song_->caching_of_304;
      if (what.unchanged && song_->etag_of_304) what.validators.etag = song_->etag_of_304;
      if (what.unchanged) what.content_type = song_->type_of_304;
    }
    co_return what;
  }

  std::unique_ptr<io::ByteReader> read(std::uint64_t first,
                                       std::optional<std::uint64_t> end) override {
    ++reads_;
    return std::make_unique<Reader>(*this, first, end);
  }
  void expect_many_readers() override { ++song_->expects_many; }
  source::OriginUse origin_use() const override { return use_; }

 private:
  class Reader final : public io::ByteReader {
   public:
    Reader(ScriptedResource& of, std::uint64_t first, std::optional<std::uint64_t> end)
        : of_(of), position_(first), end_(end) {}
    io::Task<Result<io::Chunk>> read() override {
      ScriptedSong& song = *of_.song_;
      if (song.before_read) co_await song.before_read();
      const std::uint64_t length = song.what.length.value_or(song.hidden_length);
      const std::uint64_t end = std::min(end_.value_or(length), length);
      // As with HTTP: its one answer reaches no further than what was announced.
      if (song.what.single_pass && !of_.several_ && of_.reads_ > 1) {
        co_return Error{ErrorKind::representation_changed, "scripted: a second answer", {}};
      }
      if (of_.seed_ && *of_.seed_ != song.seed) {
        co_return Error{ErrorKind::representation_changed, "scripted: another version", {}};
      }
      if (song.breaks_at && position_ >= *song.breaks_at) {
        co_return Error{ErrorKind::http_response_incomplete, "scripted", {}};
      }
      bytes_ = content(position_, std::min(end, position_ + song.piece), song.seed);
      position_ += bytes_.size();
      song.served += bytes_.size();
      of_.use_.bytes += bytes_.size();
      co_return io::Chunk(std::as_bytes(std::span(bytes_)));
    }

   private:
    ScriptedResource& of_;
    std::uint64_t position_;
    std::optional<std::uint64_t> end_;
    std::string bytes_;
  };

  std::shared_ptr<ScriptedSong> song_;
  source::OriginUse use_;
  bool several_ = false;
  std::optional<int> seed_;  ///< When it was described.
  int reads_ = 0;
};

class ScriptedSource final : public source::Source {
 public:
  explicit ScriptedSource(std::shared_ptr<ScriptedSong> song) : song_(std::move(song)) {}
  Result<std::unique_ptr<source::Resource>> open(const source::SourceRequest&) override {
    return std::unique_ptr<source::Resource>(std::make_unique<ScriptedResource>(song_));
  }
  io::Task<Result<source::OriginReport>> probe(source::SourceRequest) override {
    co_return source::OriginReport{};
  }

 private:
  std::shared_ptr<ScriptedSong> song_;
};

/// Until `open` is set; other work of the loop runs meanwhile.
inline io::Task<void> wait_until(const bool& open) {
  io::asio::steady_timer::rebind_executor<io::Executor>::other timer(
      co_await io::asio::this_coro::executor);
  while (!open) {
    timer.expires_after(std::chrono::milliseconds(1));
    co_await timer.async_wait(io::use_task);
  }
}

/// What one request got.
struct Got {
  http::Representation what;
  std::string body;
  source::CacheUse use;
  source::OriginUse origin;
  std::optional<Error> error;
};

inline std::string bytes_of(const io::Chunk& chunk) {
  if (chunk.file() == nullptr) {
    const auto memory = chunk.memory();
    std::string text(memory.size(), '\0');
    std::transform(memory.begin(), memory.end(), text.begin(),
                   [](std::byte b) { return static_cast<char>(b); });
    return text;
  }
  std::string text(chunk.size(), '\0');
  const ssize_t count = ::pread(chunk.file()->descriptor, text.data(), text.size(),
                                static_cast<off_t>(chunk.file()->offset));
  text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return text;
}

/// What `reader` brings, to its end or until it breaks, is added to what was got.
inline io::Task<void> read_all(io::ByteReader& reader, Got& got) {
  for (;;) {
    Result<io::Chunk> chunk = co_await reader.read();
    if (!chunk) got.error = chunk.error();
    if (!chunk || chunk->empty()) co_return;
    got.body += bytes_of(*chunk);
  }
}

/// One request for [first, last] (open-ended without `last`), to its end.
inline io::Task<Got> fetch(source::Source& source, std::optional<std::uint64_t> first = {},
                           std::optional<std::uint64_t> last = {}, io::Taker* taker = nullptr) {
  Got got;
  source::SourceRequest request;
  request.locator.value = "song.mp3";
  auto resource = std::move(*source.open(request));
  if (taker != nullptr) resource->set_taker(*taker);
  source::ReadIntent intent;
  if (first) intent.range = http::RangeSpec{first, last};
  Result<http::Representation> what = co_await resource->describe(intent);
  if (!what) {
    got.error = what.error();
    co_return got;
  }
  got.what = *what;
  std::optional<std::uint64_t> end = what->length;
  if (last && end) end = std::min(*end, *last + 1);
  {
    const auto reader = resource->read(first.value_or(0), end);
    co_await read_all(*reader, got);
  }
  got.use = resource->cache_use();
  got.origin = resource->origin_use();
  co_return got;
}

/// A cache in a directory of its own around one scripted song, on one loop.
class CacheTest : public DirectoryTest {
 protected:
  static constexpr std::uint64_t B = block_size;

  void SetUp() override {
    DirectoryTest::SetUp();
    options_.path = directory_;
    options_.slice = 4 * 32 * 1024;
    options_.read_ahead = 256 * 1024;
  }
  void TearDown() override {
    close();
    DirectoryTest::TearDown();
  }

  void open(std::shared_ptr<ScriptedSong> song) {
    song_ = std::move(song);
    cache_ = std::make_unique<Cache>(options_);
    // A cache that does not know its directory yet keeps nothing.
    cache_->store().disk().wait_until_scanned(std::chrono::minutes(1));
    source_ = std::make_unique<CachingSource>(loop_.get_executor(), *cache_,
                                              std::make_shared<ScriptedSource>(song_), "scope");
  }
  /// Lets what still runs come to an end.
  void settle() {
    ASSERT_TRUE(run_until([this] { return cache_->statistics().running_fills == 0; }));
  }
  void close() {
    if (!cache_) return;
    std::atomic<bool> stopped = false;
    std::thread stopping([&] {
      cache_->stop();
      stopped = true;
    });
    while (!stopped) {
      loop_.restart();
      loop_.run_for(std::chrono::milliseconds(1));
    }
    stopping.join();
    loop_.restart();
    loop_.run_for(std::chrono::milliseconds(1));
    source_.reset();
    cache_.reset();
  }
  void reopen() {
    const auto song = song_;
    close();
    open(song);
  }

  Got get(std::optional<std::uint64_t> first = {}, std::optional<std::uint64_t> last = {}) {
    return test::run(loop_, fetch(*source_, first, last));
  }

  /// One request that runs while the test does something else.
  struct Running {
    Got got;
    bool ended = false;
  };
  std::shared_ptr<Running> begin(std::optional<std::uint64_t> first = {},
                                 std::optional<std::uint64_t> last = {}) {
    return begin(fetch(*source_, first, last));
  }
  std::shared_ptr<Running> begin(io::Task<Got> request) {
    auto running = std::make_shared<Running>();
    io::asio::co_spawn(loop_, std::move(request), [running](const std::exception_ptr&, Got got) {
      running->got = std::move(got);
      running->ended = true;
    });
    return running;
  }
  /// Runs the loop for as long as there is something to do.
  void let_run() {
    loop_.restart();
    while (loop_.run_one_for(std::chrono::milliseconds(20)) > 0) {
    }
  }
  /// Runs the loop until `condition` holds; false when it does not come true. Not a number of
  /// handlers: how many a read takes depends on what the kernel still has in memory.
  template <class Condition>
  bool run_until(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition() && std::chrono::steady_clock::now() < limit) {
      loop_.restart();
      loop_.run_one_for(std::chrono::milliseconds(1));
    }
    return condition();
  }

  std::vector<std::filesystem::path> pieces() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      const std::string name = entry.path().filename();
      if (name != "lock" && !name.ends_with(".song")) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  io::asio::io_context loop_{1};
  Options options_;
  std::shared_ptr<ScriptedSong> song_;
  std::unique_ptr<Cache> cache_;
  std::unique_ptr<CachingSource> source_;
};

}  // namespace tonearm::cache
