#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace tonearm::server {

/// What is known of a stream when it starts. What the views show stays where it is until the
/// stream has ended.
struct StreamInfo {
  std::string_view request_id;
  std::string_view song;  ///< The id.
  std::string name;       ///< Empty when the catalog has none.
  std::string_view client;
  std::string_view source;              ///< The kind of source, as in the access log.
  std::string_view range;               ///< The Range field; empty when absent.
  std::optional<std::uint64_t> length;  ///< Bytes that the answer promises.
  std::optional<std::uint64_t>
      first;  ///< Where in the song the body starts; empty for several ranges.
  std::chrono::system_clock::time_point started;
};

/// What is playing now, over all loops: GET /streams of the admin listener. Thread-safe. Outlives
/// the handles it gave.
class RunningStreams {
  struct Entry {
    explicit Entry(StreamInfo what) : info(std::move(what)) {}
    const StreamInfo info;
    std::atomic<std::uint64_t> bytes{0};
  };
  using Entries = std::list<Entry>;

 public:
  /// Stands for one running stream, which it takes off the list in its destructor. One thread.
  class Handle {
   public:
    Handle() = default;
    Handle(Handle&& other) noexcept;
    Handle& operator=(Handle&& other) noexcept;
    ~Handle() { end(); }

    /// Body bytes handed to the client's socket. Only for a handle that start() gave.
    void add_bytes(std::uint64_t count) {
      entry_->bytes.fetch_add(count, std::memory_order_relaxed);
    }
    /// Takes the stream off the list now; nothing when it is off already.
    void end();

   private:
    friend class RunningStreams;
    Handle(RunningStreams& streams, Entries::iterator entry) : streams_(&streams), entry_(entry) {}

    RunningStreams* streams_ = nullptr;
    Entries::iterator entry_;
  };

  Handle start(StreamInfo info);
  std::size_t count() const;
  /// `{"streams":[…]}`, the longest-running first, with the position in the song, the age in
  /// seconds and the average rate in bytes per second as of `now`.
  std::string to_json(
      std::chrono::system_clock::time_point now = std::chrono::system_clock::now()) const;

 private:
  mutable std::mutex mutex_;
  Entries entries_;
};

}  // namespace tonearm::server
