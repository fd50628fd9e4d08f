#include "tonearm/server/running_streams.h"

#include "server/json_line.h"
#include "server/rfc3339.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace tonearm::server {
namespace {

using nlohmann::ordered_json;

/// What its views show, kept.
struct Seen {
  Seen(const StreamInfo& info, std::uint64_t so_far)
      : request_id(info.request_id),
        song(info.song),
        name(info.name),
        client(info.client),
        source(info.source),
        range(info.range),
        length(info.length),
        first(info.first),
        started(info.started),
        bytes(so_far) {}

  std::string request_id, song, name, client, source, range;
  std::optional<std::uint64_t> length, first;
  std::chrono::system_clock::time_point started;
  std::uint64_t bytes;
};

ordered_json stream_json(const Seen& seen, std::chrono::system_clock::time_point now) {
  ordered_json length;
  if (seen.length) length = *seen.length;
  ordered_json position;
  if (seen.first) position = *seen.first + seen.bytes;
  const auto age = std::max(std::chrono::duration<double>(now - seen.started).count(), 0.001);
  return {{"request_id", seen.request_id},
          {"song", seen.song},
          {"name", text_or_null(seen.name)},
          {"client", seen.client},
          {"source", text_or_null(seen.source)},
          {"started", rfc3339(seen.started)},
          {"range", text_or_null(seen.range)},
          {"bytes", seen.bytes},
          {"length", std::move(length)},
          {"position", std::move(position)},
          {"rate", static_cast<std::uint64_t>(static_cast<double>(seen.bytes) / age)},
          {"age", std::floor(age * 10) / 10}};
}

}  // namespace

RunningStreams::Handle::Handle(Handle&& other) noexcept
    : streams_(std::exchange(other.streams_, nullptr)), entry_(other.entry_) {}

RunningStreams::Handle& RunningStreams::Handle::operator=(Handle&& other) noexcept {
  if (this != &other) {
    end();
    streams_ = std::exchange(other.streams_, nullptr);
    entry_ = other.entry_;
  }
  return *this;
}

void RunningStreams::Handle::end() {
  RunningStreams* const streams = std::exchange(streams_, nullptr);
  if (streams == nullptr) return;
  // The entry is freed outside of the lock.
  Entries ended;
  const std::lock_guard lock(streams->mutex_);
  ended.splice(ended.begin(), streams->entries_, entry_);
}

RunningStreams::Handle RunningStreams::start(StreamInfo info) {
  Entries fresh;
  fresh.emplace_back(std::move(info));
  const auto entry = fresh.begin();
  const std::lock_guard lock(mutex_);
  entries_.splice(entries_.end(), fresh);
  return Handle(*this, entry);
}

std::size_t RunningStreams::count() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

std::string RunningStreams::to_json(std::chrono::system_clock::time_point now) const {
  std::vector<Seen> seen;
  seen.reserve(count());
  {
    // Every stream's begin and end waits for this lock: the text is made without it.
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) {
      seen.emplace_back(entry.info, entry.bytes.load(std::memory_order_relaxed));
    }
  }
  ordered_json streams = ordered_json::array();
  for (const Seen& one : seen) streams.push_back(stream_json(one, now));
  // In ASCII: names and ranges are strangers', and a terminal may show them.
  return ascii_json_line({{"streams", std::move(streams)}});
}

}  // namespace tonearm::server
