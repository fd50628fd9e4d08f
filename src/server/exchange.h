#pragma once

#include "tonearm/http/request_head.h"
#include "tonearm/server/outcome.h"
#include "tonearm/server/shared.h"
#include "tonearm/source/resource.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tonearm::server {

/// The facts of one request. They are told exactly once, to the access log and the metrics, when it
/// is finished: at the latest by the destructor, whatever happened. Lives on the connection's
/// frame; the request's head stays where it is meanwhile.
class Exchange {
 public:
  /// `counts`: whether the access log and the metrics are told of it (the admin listener's do not
  /// count).
  Exchange(Shared& shared, bool counts);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Who asked what. A request whose head is no good has no such facts, only a client.
  void set_request(const http::RequestHead& head, std::string request_id, std::string client);
  void set_peer(std::string request_id, std::string client) {
    request_id_ = std::move(request_id);
    client_ = std::move(client);
  }
  void set_song(std::string_view id) { song_ = id; }
  /// These two are literals.
  void set_source(std::string_view kind) { source_ = kind; }
  void set_cache(std::string_view state) { cache_ = state; }
  /// The answer is what a cache keeps, since its origin, or the resolver, could not be asked: the
  /// program's log tells of that, now and then.
  void served_stale(std::optional<std::chrono::seconds> age) const;
  /// Of the head that is about to leave.
  void set_status(unsigned status) { status_ = status; }

  /// From now on it stands in the list of running streams.
  /// `first`: where in the song its body starts; empty for several ranges.
  void start_stream(std::string_view name, std::optional<std::uint64_t> length,
                    std::optional<std::uint64_t> first);
  /// The catalog, asked as the request's first step, has said what it knows.
  void catalog_answered() { shared_.metrics.catalog_answered(Clock::now() - started_); }
  /// What the origin has cost in all, told once.
  void add_origin_use(const source::OriginUse& use);
  /// Bytes that the client's socket took.
  void add_sent(std::uint64_t bytes, std::uint64_t body_bytes);

  /// What ended it. The first error decides the outcome. Goes to the program's log, also where the
  /// request does not count.
  void fail(const Error& error);

  void finish();

  const std::string& request_id() const { return request_id_; }

 private:
  using Clock = std::chrono::steady_clock;

  Outcome outcome() const;
  void log_error(const Error& error) const;

  Shared& shared_;
  const bool counts_;
  bool finished_ = false;
  const std::chrono::system_clock::time_point time_ = std::chrono::system_clock::now();
  const Clock::time_point started_ = Clock::now();
  std::optional<Clock::duration> first_byte_;

  std::string request_id_;
  std::string client_;
  std::string song_;
  std::string_view method_;
  std::string_view target_;
  std::string_view range_;
  std::string_view user_agent_;
  std::string_view source_;
  std::string_view cache_;
  unsigned status_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t origin_bytes_ = 0;
  std::optional<ErrorKind> error_;
  std::optional<RunningStreams::Handle> stream_;
};

}  // namespace tonearm::server
