#pragma once

#include "tonearm/server/client_key.h"

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <optional>

namespace tonearm::server {

/// access.requests_per_second: a token bucket for each client, over all loops. Holds at most
/// `most_clients` of them; who was seen longest ago is forgotten, and begins with a full bucket if
/// he comes again. Thread-safe.
class RequestLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  explicit RequestLimiter(std::size_t most_clients = 65'536) : most_clients_(most_clients) {}

  /// Counts a request of this client. Empty: it may go on; else after how long it may come again.
  /// `rate` per second, in bursts of twice that but 32 at least: one seek of ffmpeg is 16 requests.
  /// Not 0.
  std::optional<std::chrono::seconds> count(const Address& client, unsigned rate,
                                            Clock::time_point now);
  std::size_t clients() const;

 private:
  struct Bucket {
    ClientKey client;
    double tokens;
    Clock::time_point filled;  ///< When `tokens` was true.
  };
  using Buckets = std::list<Bucket>;

  /// Its bucket, in front of the list.
  Bucket& bucket_of(const ClientKey& client, double burst, Clock::time_point now);

  const std::size_t most_clients_;
  mutable std::mutex mutex_;
  // A tree: its cost is the same whatever addresses clients choose.
  std::map<ClientKey, Buckets::iterator> by_client_;
  Buckets buckets_;  ///< The one seen last first.
};

}  // namespace tonearm::server
