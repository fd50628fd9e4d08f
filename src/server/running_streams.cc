#include "tonearm/server/running_streams.h"

#include "server/json_text.h"

#include <algorithm>
#include <utility>

namespace tonearm::server {
namespace {

void append_number_or_null(std::string& out, std::optional<std::uint64_t> number) {
  out += number ? std::to_string(*number) : "null";
}

void append_stream(std::string& out, const StreamInfo& info, std::uint64_t bytes,
                   std::chrono::system_clock::time_point now) {
  out += "{\"request_id\":";
  append_json_string(out, info.request_id);
  out += ",\"song\":";
  append_json_string(out, info.song);
  out += ",\"name\":";
  append_json_string_or_null(out, info.name);
  out += ",\"client\":";
  append_json_string(out, info.client);
  out += ",\"source\":";
  append_json_string_or_null(out, info.source);
  out += ",\"started\":";
  append_json_time(out, info.started);
  out += ",\"range\":";
  append_json_string_or_null(out, info.range);
  out += ",\"bytes\":" + std::to_string(bytes);
  out += ",\"length\":";
  append_number_or_null(out, info.length);
  out += ",\"position\":";
  append_number_or_null(out, info.first ? std::optional(*info.first + bytes) : std::nullopt);
  const auto age = std::max(std::chrono::duration<double>(now - info.started).count(), 0.001);
  out +=
      ",\"rate\":" + std::to_string(static_cast<std::uint64_t>(static_cast<double>(bytes) / age));
  const auto tenths = static_cast<std::uint64_t>(age * 10);
  out += ",\"age\":" + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "}";
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
  std::string json = "{\"streams\":[";
  {
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) {
      if (&entry != &entries_.front()) json += ',';
      append_stream(json, entry.info, entry.bytes.load(std::memory_order_relaxed), now);
    }
  }
  json += "]}\n";
  return json;
}

}  // namespace tonearm::server
