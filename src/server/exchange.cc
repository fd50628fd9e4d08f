#include "server/exchange.h"

#include "server/request_id.h"

#include <spdlog/spdlog.h>

#include <new>
#include <utility>

namespace tonearm::server {
namespace {

spdlog::level::level_enum level_of(ErrorKind kind) {
  // What comes by the thousand when it comes must not fill the log.
  if (kind == ErrorKind::overloaded || kind == ErrorKind::draining) return spdlog::level::debug;
  switch (party_of(kind)) {
    case Party::client:
      return spdlog::level::debug;
    case Party::origin:
      return spdlog::level::warn;
    case Party::self:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

Exchange::Exchange(Shared& shared, bool counts) : shared_(shared), counts_(counts) {}

Exchange::~Exchange() {
  try {
    finish();
  } catch (const std::bad_alloc&) {
    return;  // then it stands in no log
  }
}

void Exchange::set_request(const http::RequestHead& head, std::string request_id,
                           std::string client) {
  request_id_ = std::move(request_id);
  client_ = std::move(client);
  method_ = head.method_text;
  target_ = head.target;
  range_ = head.get(http::field::range);
  user_agent_ = head.get(http::field::user_agent);
}

void Exchange::served_stale(std::optional<std::chrono::seconds> age) const {
  if (!shared_.stale_warnings.pass(song_, Clock::now())) return;
  spdlog::warn(
      "request {}: song {}: its origin cannot be asked: what the cache has is served, {} s old",
      request_id_, song_, age.value_or(std::chrono::seconds(0)).count());
}

void Exchange::start_stream(std::string_view name, std::optional<std::uint64_t> length,
                            std::optional<std::uint64_t> first) {
  StreamInfo info;
  info.request_id = request_id_;
  info.song = song_;
  info.name = name;
  info.client = client_;
  info.source = source_;
  info.range = range_;
  info.length = length;
  info.first = first;
  info.started = time_;
  stream_.emplace(shared_.streams.start(std::move(info)));
}

void Exchange::add_origin_use(const source::OriginUse& use) {
  origin_bytes_ += use.bytes;
  if (counts_) shared_.metrics.add_origin_use(source_, use);
}

void Exchange::add_sent(std::uint64_t bytes, std::uint64_t body_bytes) {
  if (!first_byte_) first_byte_ = Clock::now() - started_;
  body_bytes_ += body_bytes;
  if (counts_) shared_.metrics.add_client_bytes(bytes);
  if (stream_ && body_bytes > 0) stream_->add_bytes(body_bytes);
}

void Exchange::fail(const Error& error) {
  if (counts_) shared_.metrics.error_occurred(error.kind);
  log_error(error);
  if (!error_) error_ = error.kind;
}

Outcome Exchange::outcome() const {
  if (!error_) return Outcome::done;
  const bool cut_off = first_byte_ && status_ < 400;
  if (cut_off && *error_ == ErrorKind::draining) return Outcome::shut_down;
  return outcome_of(*error_);
}

void Exchange::finish() {
  if (std::exchange(finished_, true)) return;
  stream_.reset();
  if (!counts_) return;
  const Outcome outcome = this->outcome();
  const unsigned status = first_byte_ ? status_ : 0;
  shared_.metrics.request_finished(outcome, status, source_);
  if (first_byte_) shared_.metrics.first_byte_sent(*first_byte_);
  if (!shared_.access_log) return;
  AccessRecord record;
  record.time = time_;
  record.request_id = request_id_;
  record.client = client_;
  record.method = method_;
  record.target = target_;
  record.status = status;
  record.range = range_;
  record.bytes = body_bytes_;
  record.duration = Clock::now() - started_;
  record.ttfb = first_byte_;
  record.song = song_;
  record.source = source_;
  record.origin_bytes = origin_bytes_;
  record.cache = cache_;
  record.outcome = outcome;
  record.user_agent = user_agent_;
  shared_.access_log->write(record);
}

void Exchange::log_error(const Error& error) const {
  const auto level = level_of(error.kind);
  if (!spdlog::should_log(level)) return;
  spdlog::log(level, "request {}: song {}: {}: {}", request_id_,
              song_.empty() ? std::string_view("-") : song_, to_string(error.kind), error.detail);
}

}  // namespace tonearm::server
