#include "cache/entry.h"

#include "tonearm/http/freshness.h"

namespace tonearm::cache {

void let_go_of_dead(Entry& entry) {
  if (entry.version && entry.version->dead()) entry.version.reset();
}

Known what_is_known(const Entry& entry, const Policy& policy, bool writable, const Moment& now) {
  if (entry.version && !entry.version->dead()) {
    if (entry.version->is_fresh(policy.fresh, now.date)) return Known::fresh;
    const bool origin_is_down = now.time < entry.do_not_ask_until;
    if (origin_is_down && may_serve_stale(entry, policy, now.date)) return Known::stale;
    // One that is only on its way can neither be asked about nor make room for another.
    return entry.version->is_complete() ? Known::nothing : Known::not_kept;
  }
  if (now.time < entry.not_found_until) return Known::not_found;
  const bool directly = now.time < entry.pass_until || (!entry.visit && !writable);
  return directly ? Known::not_kept : Known::nothing;
}

bool may_serve_stale(const Entry& entry, const Policy& policy, http::HttpTime now) {
  if (!entry.version || entry.version->dead()) return false;
  const http::Representation what = entry.version->as_described();
  return http::is_usable_on_error(what.caching, what.validators.last_modified, policy.fresh,
                                  policy.stale_if_error, now);
}

}  // namespace tonearm::cache
