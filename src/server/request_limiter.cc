#include "tonearm/server/request_limiter.h"

#include <algorithm>
#include <cmath>

namespace tonearm::server {
namespace {

constexpr double least_burst = 32;

}  // namespace

std::optional<std::chrono::seconds> RequestLimiter::count(const Address& client, unsigned rate,
                                                          Clock::time_point now) {
  const double burst = std::max(2.0 * rate, least_burst);
  const std::lock_guard lock(mutex_);
  Bucket& bucket = bucket_of(client_key(client), burst, now);
  const std::chrono::duration<double> passed = now - bucket.filled;
  bucket.tokens = std::min(burst, bucket.tokens + std::max(passed.count(), 0.0) * rate);
  bucket.filled = std::max(bucket.filled, now);
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return std::nullopt;
  }
  return std::chrono::seconds(
      std::max(1L, static_cast<long>(std::ceil((1 - bucket.tokens) / rate))));
}

RequestLimiter::Bucket& RequestLimiter::bucket_of(const ClientKey& client, double burst,
                                                  Clock::time_point now) {
  const auto found = by_client_.find(client);
  if (found != by_client_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, found->second);
    return buckets_.front();
  }
  if (buckets_.size() >= most_clients_) {
    by_client_.erase(buckets_.back().client);
    buckets_.pop_back();
  }
  buckets_.push_front(Bucket{client, burst, now});
  by_client_.emplace(client, buckets_.begin());
  return buckets_.front();
}

std::size_t RequestLimiter::clients() const {
  const std::lock_guard lock(mutex_);
  return buckets_.size();
}

}  // namespace tonearm::server
