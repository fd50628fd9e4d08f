#pragma once

#include "tonearm/source/resource.h"

#include "cache/fill.h"
#include "cache/store.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace tonearm::cache {

/// What one request has got, and what it has cost the origin. One loop.
class Account {
 public:
  source::CacheUse use;             ///< As it was predicted.
  bool unsure = false;              ///< Of the parts that were kept not all was looked at.
  std::uint64_t kept_bytes = 0;     ///< Handed out, of what was there before.
  std::uint64_t fetched_bytes = 0;  ///< Handed out as they came.

  bool has_delivered_nothing() const { return kept_bytes + fetched_bytes == 0; }
  /// As it has turned out.
  source::CacheUse cache_use() const;

  /// What the fill costs is this request's.
  void charge(std::shared_ptr<Fill> fill) { begun_.push_back(std::move(fill)); }
  /// The same of a resource that is used no more.
  void charge(const source::OriginUse& cost) { cost_ += cost; }
  source::OriginUse origin_use();
  bool has_begun_none() const { return begun_.empty(); }

  /// The request is over: what its fills cost from now on is nobody's, and it counts.
  void close(Store& store);

 private:
  void count(Counters& counters) const;

  std::vector<std::shared_ptr<Fill>> begun_;
  source::OriginUse cost_;  ///< As far as it was asked for.
};

}  // namespace tonearm::cache
