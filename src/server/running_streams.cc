#include "tonearm/server/running_streams.h"

#include "server/json_text.h"

#include <utility>

namespace tonearm::server {
namespace {

void append_stream(std::string& out, const StreamInfo& info, std::uint64_t bytes) {
  out += "{\"request_id\":";
  append_json_string(out, info.request_id);
  out += ",\"song\":";
  append_json_string(out, info.song);
  out += ",\"name\":";
  append_json_string_or_null(out, info.name);
  out += ",\"client\":";
  append_json_string(out, info.client);
  out += ",\"started\":";
  append_json_time(out, info.started);
  out += ",\"range\":";
  append_json_string_or_null(out, info.range);
  out += ",\"bytes\":" + std::to_string(bytes);
  out += ",\"length\":" + (info.length ? std::to_string(*info.length) : "null") + "}";
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

std::string RunningStreams::to_json() const {
  std::string json = "{\"streams\":[";
  {
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) {
      if (&entry != &entries_.front()) json += ',';
      append_stream(json, entry.info, entry.bytes.load(std::memory_order_relaxed));
    }
  }
  json += "]}\n";
  return json;
}

}  // namespace tonearm::server
