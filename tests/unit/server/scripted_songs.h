#pragma once

#include "tonearm/catalog/song_store.h"
#include "tonearm/io/event.h"
#include "tonearm/source/source.h"

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tonearm::server {

/// A catalog that says what a test tells it.
class ScriptedStore final : public catalog::SongStore {
 public:
  void add(std::string id, std::string file = "songs/a.mp3") {
    auto song = std::make_shared<catalog::Song>();
    song->id = id;
    song->file = std::move(file);
    songs[std::move(id)] = std::move(song);
  }

  io::Task<Result<std::shared_ptr<const catalog::Song>>> find(std::string_view id) override {
    if (broken) co_return *broken;
    const auto found = songs.find(std::string(id));
    if (found == songs.end()) co_return Error{ErrorKind::song_not_found, {}, {}};
    co_return std::shared_ptr<const catalog::Song>(found->second);
  }
  io::Task<Result<std::shared_ptr<const catalog::Song>>> listed(std::string id) override {
    if (!lists) co_return nothing_to_look_through();
    co_return co_await find(id);
  }
  io::Task<Result<catalog::SongPage>> search(std::string, catalog::PageWindow window) override {
    if (!lists) co_return nothing_to_look_through();
    co_return co_await page_of(window);
  }
  io::Task<Result<std::vector<catalog::Playlist>>> playlists() override {
    co_return nothing_to_look_through();
  }
  /// Of all songs, whatever its id.
  io::Task<Result<catalog::PlaylistPage>> playlist(std::string id,
                                                   catalog::PageWindow window) override {
    if (!lists) co_return nothing_to_look_through();
    Result<catalog::SongPage> page = co_await page_of(window);
    if (!page) co_return page.error();
    co_return catalog::PlaylistPage{{std::move(id), "All", page->total}, std::move(page->songs)};
  }
  io::Task<Result<catalog::SongPage>> page_of(catalog::PageWindow window) {
    if (is_full && !window.after) {
      co_return Error{ErrorKind::overloaded, "too many look through it", {}};
    }
    if (full_after_a_page) is_full = true;
    catalog::SongPage page;
    page.total = songs.size();
    for (const auto& [id, song] : songs) {
      if (window.offset > 0) {
        --window.offset;
      } else if (page.songs.size() < window.limit) {
        page.songs.push_back(*song);
      }
    }
    co_return page;
  }
  io::Task<Result<void>> check() override {
    if (broken) co_return *broken;
    co_return Result<void>{};
  }

  static Error nothing_to_look_through() {
    return Error{ErrorKind::path_not_found, "There is no list of songs.", {}};
  }

  std::map<std::string, std::shared_ptr<catalog::Song>> songs;
  std::optional<Error> broken;
  bool lists = false;              ///< Whether it has lists at all.
  bool is_full = false;            ///< Whether who looks through it is refused.
  bool full_after_a_page = false;  ///< Whether it becomes so with the next page.
};

/// What the resources of a ScriptedSource are, and what became of them.
struct Script {
  std::string content = "0123456789";
  http::Representation what;
  std::size_t chunk = 4;  ///< Bytes handed out by one read.
  std::optional<Error> describe_error;
  std::optional<Error> read_error;  ///< Instead of the byte at `read_error_at`.
  std::uint64_t read_error_at = 0;
  std::optional<std::uint64_t> hang_at;  ///< Reading waits for ever before this byte.
  bool describe_throws = false;
  bool read_throws = false;
  std::uint64_t origin_bytes = 0;

  int opened = 0;
  int readers = 0;  ///< Alive now.
  int hanging = 0;  ///< Of these, waiting for ever.
  std::vector<source::ReadIntent> intents;
  http::ByteRanges parts;  ///< What the last of them would read of `what`.
};

class ScriptedReader final : public io::ByteReader {
 public:
  ScriptedReader(Script& script, io::Executor executor, std::uint64_t first, std::uint64_t end)
      : script_(script), never_(executor), at_(first), end_(end) {
    ++script_.readers;
  }
  ~ScriptedReader() override {
    --script_.readers;
    if (hangs_) --script_.hanging;
  }

  io::Task<Result<io::Chunk>> read() override {
    if (script_.read_throws) throw std::runtime_error("scripted");
    if (script_.hang_at == at_) {
      hangs_ = true;
      ++script_.hanging;
      co_await never_.wait();
    }
    if (script_.read_error && at_ == script_.read_error_at) co_return *script_.read_error;
    std::uint64_t stop = std::min<std::uint64_t>(end_, script_.content.size());
    stop = std::min(stop, at_ + script_.chunk);
    if (script_.hang_at && at_ < *script_.hang_at) stop = std::min(stop, *script_.hang_at);
    if (script_.read_error && at_ < script_.read_error_at) {
      stop = std::min(stop, script_.read_error_at);
    }
    const auto bytes = std::as_bytes(std::span(script_.content)).subspan(at_, stop - at_);
    at_ = stop;
    co_return io::Chunk(bytes);
  }

 private:
  Script& script_;
  io::Event never_;
  std::uint64_t at_;
  std::uint64_t end_;
  bool hangs_ = false;
};

class ScriptedResource final : public source::Resource {
 public:
  ScriptedResource(Script& script, io::Executor executor) : script_(script), executor_(executor) {}

  io::Task<Result<http::Representation>> describe(const source::ReadIntent& intent) override {
    script_.intents.push_back(intent);
    script_.parts = intent.parts ? intent.parts(script_.what) : http::ByteRanges{};
    if (script_.describe_throws) throw std::runtime_error("scripted");
    if (script_.describe_error) co_return *script_.describe_error;
    co_return script_.what;
  }
  std::unique_ptr<io::ByteReader> read(std::uint64_t first,
                                       std::optional<std::uint64_t> end) override {
    return std::make_unique<ScriptedReader>(script_, executor_, first,
                                            end.value_or(script_.content.size()));
  }
  source::OriginUse origin_use() const override { return {script_.origin_bytes, 1, 0}; }

 private:
  Script& script_;
  io::Executor executor_;
};

class ScriptedSource final : public source::Source {
 public:
  explicit ScriptedSource(io::Executor executor) : executor_(executor) {}

  /// Songs are `content`, of this length and type audio/mpeg.
  void set_content(std::string content) {
    script.what.length = content.size();
    script.what.content_type = "audio/mpeg";
    script.content = std::move(content);
  }
  /// The same, but nobody says how long they are.
  void set_endless(std::string content) {
    set_content(std::move(content));
    script.what.length.reset();
    script.what.seekable = false;
  }

  Result<std::unique_ptr<source::Resource>> open(const source::SourceRequest& request) override {
    ++script.opened;
    if (request.locator.kind != Locator::Kind::plain) {
      return Error{ErrorKind::bad_locator, "scripted", {}};
    }
    return std::unique_ptr<source::Resource>(new ScriptedResource(script, executor_));
  }
  io::Task<Result<source::OriginReport>> probe(source::SourceRequest) override {
    co_return source::OriginReport{};
  }

  Script script;

 private:
  io::Executor executor_;
};

}  // namespace tonearm::server
