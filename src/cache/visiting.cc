#include "cache/visiting.h"

#include "cache/fill_body.h"
#include "cache/same_version.h"

#include <utility>

namespace tonearm::cache {
namespace {

/// How long a failing origin is not asked again while something stale can be served.
constexpr std::chrono::seconds let_it_recover{5};

/// The song was forgotten after the origin was asked, who may have spoken of what was before.
/// With the entry's lock held.
bool is_forgotten(const FillJob& job) { return job.entry->visit != job.visit; }

/// What the visit has found out holds for all. With the entry's lock held.
void publish(FillJob& job) {
  Entry& entry = *job.entry;
  const Visit& visit = *job.visit;
  const auto now = Clock::now();
  const bool has_answered =
      visit.result != Visit::Result::failed && visit.result != Visit::Result::pending;
  if (has_answered) entry.do_not_ask_until = {};
  switch (visit.result) {
    case Visit::Result::current:
      if (!visit.version->dead()) entry.version = visit.version;
      break;
    case Visit::Result::not_found:
      entry.version.reset();
      if (visit.error.no_store) break;
      entry.not_found = visit.error;
      entry.not_found_until = now + job.store.policy().negative;
      break;
    case Visit::Result::pass:
      entry.version.reset();
      if (visit.never_kept) entry.pass_until = now + pass_for;
      break;
    case Visit::Result::failed:
    case Visit::Result::pending:
      if (visit.down) entry.do_not_ask_until = now + let_it_recover;
      break;
  }
}

/// What the visit has found out is told, and the next request may visit again.
void conclude(FillJob& job) {
  {
    const std::lock_guard lock(job.entry->mutex);
    if (is_forgotten(job)) {
      if (job.visit->version) job.visit->version->kill();
    } else {
      job.entry->visit.reset();
      publish(job);
    }
  }
  job.fill->set_verified();
}

/// Whether a song is kept only as a whole, from one answer: nothing identifies it, or parts of it
/// cannot be asked for.
bool must_be_whole(const http::Representation& what) {
  return what.single_pass || !what.length || !what.ranges;
}

bool may_be_kept(const Store& store, const http::Representation& what) {
  if (what.length && *what.length >= endless) return false;  // as if it were not known
  const bool too_large = what.length && is_too_large(store, *what.length);
  return http::is_storable(what.caching) && !(must_be_whole(what) && too_large);
}

/// Whether anything can be kept of what the origin has answered now.
bool can_be_kept(const FillJob& job) {
  const std::lock_guard lock(job.entry->mutex);
  return job.store.disk().writable() && !is_forgotten(job);
}

/// What an origin has said, and who reads the rest of its answer.
struct Answered {
  std::unique_ptr<source::Resource> resource;
  Result<http::Representation> what;
};

io::Task<Answered> ask_origin(FillJob& job, const source::ReadIntent& ask) {
  Answered answered{nullptr, Error{}};
  Result<std::unique_ptr<source::Resource>> opened = job.supply.source->open(job.supply.request);
  if (!opened) {
    answered.what = opened.error();
    co_return answered;
  }
  answered.resource = std::move(*opened);
  job.fill->change_resource();
  answered.what = co_await answered.resource->describe(ask);
  job.fill->set_use(answered.resource->origin_use());
  co_return answered;
}

/// Whether a 304 is about the version that is kept (RFC 9111 §4.3.4), which can still be used.
bool confirms(const Version& known, const http::Representation& unchanged) {
  const http::Validators then = known.as_described().validators;
  const http::Validators& now = unchanged.validators;
  const bool another = then.etag && now.etag ? !http::weak_match(*then.etag, *now.etag)
                                             : then.last_modified && now.last_modified &&
                                                   *then.last_modified != *now.last_modified;
  return !another && !known.dead() && http::is_storable(unchanged.caching);
}

/// Whether a 304 says that what is kept is all there is. A file that was written on in the second
/// of its Last-Modified keeps that date (RFC 9110 §8.8.2.2).
bool can_be_confirmed(const http::Validators& kept) {
  return kept.etag || kept.last_modified_is_strong;
}

/// What the origin is asked from now on is asked after whatever was forgotten.
void ask_anew(FillJob& job) {
  const std::lock_guard lock(job.entry->mutex);
  if (!job.entry->visit) job.entry->visit = job.visit;
}

/// Asks whether `known` is current; empty it when that is not to be used any more.
io::Task<Answered> inquire(FillJob& job, source::ReadIntent ask, std::shared_ptr<Version>& known) {
  if (known) {
    const http::Validators kept = known->as_described().validators;
    if (can_be_confirmed(kept)) ask.known = kept;
  }
  Version::Hold held(known);
  Answered answered = co_await ask_origin(job, ask);
  held = {};
  if (!answered.what || !answered.what->unchanged || !ask.known) co_return answered;
  if (confirms(*known, *answered.what)) co_return answered;
  // It must not be kept, or nothing is known of what the origin has: that is for a full answer.
  if (!http::is_storable(answered.what->caching)) {
    co_await throw_away(job, std::exchange(known, nullptr));
  }
  ask.known.reset();
  ask_anew(job);
  answered = co_await ask_origin(job, ask);
  co_return answered;
}

/// The origin has answered with a representation; what is kept may be that, or is of no use.
io::Task<void> compare(FillJob& job, std::shared_ptr<Version> known,
                       const http::Representation& what) {
  if (!known) co_return;
  const bool same = is_same_version(known->as_described(), what);
  if (same && http::is_storable(what.caching) && !known->dead()) {
    co_await refresh(job, known, what);
    job.visit->found(std::move(known));
  } else {
    co_await throw_away(job, std::move(known));
  }
}

/// Nothing is fetched: what is kept is current, or the answer is for who asked alone.
void hand_back(FillJob& job, Answered answered, HandOver& hand_over) {
  Visit& visit = *job.visit;
  visit.result = visit.version ? Visit::Result::current : Visit::Result::pass;
  if (!visit.version) {
    hand_over.resource = std::move(answered.resource);
    hand_over.what = std::move(*answered.what);
  }
  conclude(job);
  job.fill->end(FillOutcome::done, {});
}

/// The answer's body is kept as it comes, if it is wanted.
io::Task<void> keep(FillJob& job, bool wanted, const Answered& answered) {
  Visit& visit = *job.visit;
  if (!visit.version) {
    visit.found(job.store.make_version(job.entry->key, *answered.what, visit.only_whole));
    if (visit.version->whole_only()) job.fill->begin_at_start();
  }
  visit.result = Visit::Result::current;
  const bool fetches = wanted && answered.what->length != 0U;
  if (fetches) {
    const std::lock_guard lock(visit.version->fills_mutex());
    visit.version->fills().push_back(job.fill);
    job.version = visit.version;
  }
  conclude(job);
  if (!fetches) co_return job.fill->end(FillOutcome::done, {});
  job.visit.reset();  // who waits for it has it, and what it holds
  co_await fill_body(job, *answered.resource);
}

/// Whether who began the visit reads of what it has found.
bool is_read(const Inquiry& inquiry, const HandOver& hand_over, const http::Representation& what) {
  return hand_over.intent ? hand_over.intent->reads(what) : inquiry.likely;
}

io::Task<void> take_in(FillJob& job, const Inquiry& inquiry, std::shared_ptr<Version> known,
                       Answered answered, HandOver& hand_over) {
  Visit& visit = *job.visit;
  const http::Representation& what = *answered.what;
  co_await compare(job, std::move(known), what);
  visit.never_kept = !may_be_kept(job.store, what);
  visit.only_whole = must_be_whole(what);
  visit.what = what;
  // Without ranges all of it is on its way, whatever was asked for.
  const bool reads = !what.ranges && !visit.version && is_read(inquiry, hand_over, what);
  if (visit.never_kept || !brings_it(visit, inquiry.ask, reads) || !can_be_kept(job)) {
    hand_back(job, std::move(answered), hand_over);
  } else {
    co_await keep(job, inquiry.ask.likely || reads, answered);
  }
}

/// Whether an origin that failed so is down. One that refuses is there, and may mean it.
bool is_down(ErrorKind kind) {
  return kind != ErrorKind::origin_refused && kind != ErrorKind::bad_locator;
}

io::Task<void> end_in_vain(FillJob& job, std::shared_ptr<Version> known, Error error) {
  const bool gone = error.kind == ErrorKind::destination_not_found;
  job.visit->error = error;
  job.visit->result = gone ? Visit::Result::not_found : Visit::Result::failed;
  job.visit->down = is_down(error.kind);
  if (gone && known) co_await throw_away(job, std::move(known));
  conclude(job);
  job.fill->end(FillOutcome::failed, std::move(error));
}

/// What is kept is current, as a 304 says, and fresh again as that says.
io::Task<void> confirm(FillJob& job, std::shared_ptr<Version> known, http::Representation now) {
  now.caching = http::update_cache_fields(known->as_described().caching, now.caching);
  co_await refresh(job, known, std::move(now));
  job.visit->result = Visit::Result::current;
  job.visit->found(std::move(known));
  job.visit->revalidated = true;
  conclude(job);
  job.fill->end(FillOutcome::done, {});
}

}  // namespace

bool brings_it(const Visit& visit, const source::ReadIntent& ask, bool reads) {
  if (!visit.only_whole) return true;
  if (!visit.what.ranges) return ask.likely || reads;
  const bool from_start = !ask.range || ask.range->first == 0U;
  return ask.likely && from_start;
}

io::Task<void> visit_origin(std::shared_ptr<FillJob> job, Inquiry inquiry,
                            std::shared_ptr<HandOver> hand_over) {
  std::shared_ptr<Version> known = std::move(inquiry.known);
  Answered answered = co_await inquire(*job, inquiry.ask, known);
  if (!answered.what) {
    co_await end_in_vain(*job, known, answered.what.error());
  } else if (answered.what->unchanged && known) {
    co_await confirm(*job, known, std::move(*answered.what));
  } else {
    co_await take_in(*job, inquiry, known, std::move(answered), *hand_over);
  }
}

}  // namespace tonearm::cache
