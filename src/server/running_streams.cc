#include "tonearm/server/running_streams.h"

#include "server/json_line.h"
#include "server/rfc3339.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace tonearm::server {
namespace {

using nlohmann::ordered_json;

ordered_json stream_json(const StreamInfo& info, std::uint64_t bytes,
                         std::chrono::system_clock::time_point now) {
  ordered_json length;
  if (info.length) length = *info.length;
  ordered_json position;
  if (info.first) position = *info.first + bytes;
  const auto age = std::max(std::chrono::duration<double>(now - info.started).count(), 0.001);
  return {{"request_id", info.request_id},
          {"song", info.song},
          {"name", text_or_null(info.name)},
          {"client", info.client},
          {"source", text_or_null(info.source)},
          {"started", rfc3339(info.started)},
          {"range", text_or_null(info.range)},
          {"bytes", bytes},
          {"length", std::move(length)},
          {"position", std::move(position)},
          {"rate", static_cast<std::uint64_t>(static_cast<double>(bytes) / age)},
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
  ordered_json streams = ordered_json::array();
  {
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) {
      streams.push_back(stream_json(entry.info, entry.bytes.load(std::memory_order_relaxed), now));
    }
  }
  // In ASCII: names and ranges are strangers', and a terminal may show them.
  return ascii_json_line({{"streams", std::move(streams)}});
}

}  // namespace tonearm::server
