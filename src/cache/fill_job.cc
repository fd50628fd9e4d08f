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

io::Task<bool> throw_away(FillJob& job, std::shared_ptr<Version> version) {
  auto forget = [&store = job.store, version = std::move(version)] { store.throw_away(*version); };
  return on_pool(job.store, std::move(forget));
}

io::Task<bool> throw_away(FillJob& job) { return throw_away(job, job.version); }

io::Task<bool> refresh(FillJob& job, std::shared_ptr<Version> version, http::Representation now) {
  auto refresh = [version = std::move(version), now = std::move(now)] { version->refresh(now); };
  return on_pool(job.store, std::move(refresh));
}

io::Task<bool> forbid(FillJob& job) {
  {
    const std::lock_guard lock(job.entry->mutex);
    job.entry->pass_until = Clock::now() + pass_for;
  }
  return throw_away(job);
}

bool is_too_large(const Store& store, std::uint64_t size) { return size > store.policy().size / 2; }

}  // namespace tonearm::cache
