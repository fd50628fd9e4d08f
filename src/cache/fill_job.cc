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
  shelf.ended(fill);
}

io::Task<bool> throw_away(FillJob& job, std::shared_ptr<Version> version) {
  auto forget = [&shelf = job.shelf, version = std::move(version)] { shelf.throw_away(*version); };
  return on_pool(job.shelf, std::move(forget));
}

io::Task<bool> throw_away(FillJob& job) { return throw_away(job, job.version); }

io::Task<bool> refresh(FillJob& job, std::shared_ptr<Version> version, http::Representation now) {
  auto refresh = [version = std::move(version), now = std::move(now)] { version->refresh(now); };
  return on_pool(job.shelf, std::move(refresh));
}

io::Task<bool> forbid(FillJob& job) {
  {
    const std::lock_guard lock(job.entry->mutex);
    job.entry->pass_until = Clock::now() + pass_for;
  }
  return throw_away(job);
}

bool is_too_large(const Shelf& shelf, std::uint64_t size) { return size > shelf.policy().size / 2; }

}  // namespace tonearm::cache
