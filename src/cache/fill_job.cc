#include "cache/fill_job.h"

namespace tonearm::cache {

FillJob::~FillJob() {
  if (visit) {
    const std::lock_guard lock(entry->mutex);
    if (entry->visit == visit) entry->visit.reset();
  }
  if (version) {
    // However this one ended, there is no other that could bring the rest.
    if (version->whole_only() && !version->is_complete()) version->kill();
    const std::lock_guard lock(version->fills_mutex());
    std::erase(version->fills(), fill);
  }
  fill->end(FillOutcome::failed, Error{ErrorKind::draining, "stopped", {}});
  store.ended(fill);
}

io::Task<void> throw_away(FillJob& job, std::shared_ptr<Version> version) {
  version->kill();
  // With the entry: one made anew would find on disk what is still to go.
  auto forget = [&store = job.store, entry = job.entry, version = std::move(version)] {
    return store.throw_away(*version);
  };
  co_await job.store.tell_disk(std::move(forget));
}

io::Task<void> throw_away(FillJob& job) { return throw_away(job, job.version); }

io::Task<void> refresh(FillJob& job, std::shared_ptr<Version> version, http::Representation now) {
  version->refresh(now);
  if (job.store.pool().is_full()) co_return;  // as if it could not be written
  auto store = [version = std::move(version)] {
    version->store_refreshed();
    return true;
  };
  co_await job.store.tell_disk(std::move(store));
}

io::Task<void> forbid(FillJob& job) {
  {
    const std::lock_guard lock(job.entry->mutex);
    job.entry->pass_until = Clock::now() + pass_for;
  }
  co_await throw_away(job);
}

bool is_too_large(const Store& store, std::uint64_t size) { return size > store.policy().size / 2; }

}  // namespace tonearm::cache
