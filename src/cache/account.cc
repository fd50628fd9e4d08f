#include "cache/account.h"

namespace tonearm::cache {

using State = source::CacheUse::State;

source::CacheUse Account::cache_use() const {
  source::CacheUse turned_out = use;
  // More was missing than could be seen beforehand, or the origin told all that is kept once more.
  const bool asked = !begun_.empty() && !use.revalidated && !use.stale;
  const bool all_was_there = !asked && fetched_bytes == 0;
  if (use.state == State::hit && !all_was_there) turned_out.state = State::partial;
  if (unsure && all_was_there && kept_bytes > 0) turned_out.state = State::hit;
  return turned_out;
}

source::OriginUse Account::origin_use() {
  for (const auto& fill : begun_) cost_ += fill->take_use();
  return cost_;
}

void Account::close(Store& store) {
  for (const auto& fill : begun_) store.close_account(*fill);
  count(store.counters());
}

void Account::count(Counters& counters) const {
  if (has_delivered_nothing()) return;
  counters.kept_bytes += kept_bytes;
  counters.arriving_bytes += fetched_bytes;
  const State state = cache_use().state;
  if (state == State::hit) ++counters.hits;
  if (state == State::partial) ++counters.partial;
  if (state == State::miss) ++counters.misses;
}

}  // namespace tonearm::cache
