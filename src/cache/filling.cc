#include "cache/filling.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace tonearm::cache {
namespace {

/// Written at a time: a hop to the pool costs more than a small write.
constexpr std::uint64_t write_batch = 256 * 1024;
/// How long an answer that must not be kept spares others the wait for a visit.
constexpr std::chrono::seconds pass_for{60};
/// How long a failing origin is not asked again while something stale can be served.
constexpr std::chrono::seconds let_it_recover{5};

/// Everything that a filling coroutine stands on; its end is the fill's, however it comes.
struct Job {
  Job(Shelf& with, std::shared_ptr<Entry> of, std::shared_ptr<Fill> as, Supply from)
      : shelf(with), entry(std::move(of)), fill(std::move(as)), supply(std::move(from)) {}
  ~Job() {
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
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  Shelf& shelf;
  const std::shared_ptr<Entry> entry;
  const std::shared_ptr<Fill> fill;
  const Supply supply;
  std::shared_ptr<Version> version;  ///< Once its fills hold this one.
  std::shared_ptr<Visit> visit;
};
using Jobs = std::shared_ptr<Job>;

/// Runs blocking work and forgets about the result.
template <class Work>
io::Task<bool> on_pool(Shelf& shelf, Work work) {
  auto job = [work = std::move(work)]() mutable {
    work();
    return true;
  };
  return shelf.pool().run(std::move(job));
}

io::Task<bool> write_out(Job& job) {
  for (;;) {
    ArrivingBlocks blocks = job.fill->unwritten(job.version->geometry());
    if (blocks.empty()) co_return true;
    auto write = [&shelf = job.shelf, version = job.version, blocks] {
      shelf.save_descriptors();
      return version->write(blocks);
    };
    const bool written = co_await job.shelf.pool().run(std::move(write));
    if (!written) {
      job.fill->keep_in_memory();
      co_return false;
    }
    job.fill->release(blocks);
  }
}

io::Task<bool> load_next_piece(Job& job) {
  auto load = [&shelf = job.shelf, version = job.version, at = job.fill->position()] {
    shelf.save_descriptors();
    version->load(version->geometry().slice_at(at));
  };
  return on_pool(job.shelf, std::move(load));
}

io::Task<bool> throw_away(Job& job, std::shared_ptr<Version> version) {
  auto forget = [&shelf = job.shelf, version = std::move(version)] { shelf.throw_away(*version); };
  return on_pool(job.shelf, std::move(forget));
}

io::Task<bool> throw_away(Job& job) { return throw_away(job, job.version); }

io::Task<bool> refresh(Job& job, std::shared_ptr<Version> version, http::CacheFields caching) {
  auto refresh = [version = std::move(version), caching] { version->refresh(caching); };
  return on_pool(job.shelf, std::move(refresh));
}

/// Nothing of the song is to be kept any more.
io::Task<bool> forbid(Job& job) {
  {
    const std::lock_guard lock(job.entry->mutex);
    job.entry->pass_until = Clock::now() + pass_for;
  }
  return throw_away(job);
}

/// What would throw itself out before it is whole is not kept as a whole.
bool is_too_large(const Shelf& shelf, std::uint64_t size) { return size > shelf.policy().size / 2; }

/// A fill from its description to its end: what has come of it, and what has become of that.
struct Pouring {
  Pouring(Job& of, source::Resource& from)
      : job(of),
        fill(*of.fill),
        version(of.version),
        resource(from),
        whole(version->whole_only() && !version->is_complete()),
        seekable(version->what().length.has_value()) {}

  Job& job;
  Fill& fill;
  const std::shared_ptr<Version> version;
  source::Resource& resource;
  const bool whole;     ///< Kept as a whole or not at all.
  const bool seekable;  ///< Its length is known.
  std::unique_ptr<io::ByteReader> reader;
  std::uint64_t reader_end = 0;
  bool writing = true;   ///< The disk has taken everything so far.
  bool entered = false;  ///< The first piece was looked at.
};

io::Task<void> write_down(Pouring& pouring) {
  if (pouring.writing) pouring.writing = co_await write_out(pouring.job);
}

/// A song of unknown length has turned out to be too large: its readers read on.
io::Task<void> keep_no_more(Pouring& pouring) {
  const bool writing = std::exchange(pouring.writing, false);
  if (!writing) co_return;
  pouring.fill.keep_in_memory();
  co_await forbid(pouring.job);
  // Else it takes its place on the disk until the last of them leaves, and a stream may have no
  // end.
  auto let_go = [version = pouring.version, slowest = pouring.fill.slowest()] {
    version->let_go(slowest);
  };
  co_await on_pool(pouring.job.shelf, std::move(let_go));
}

/// Where a block that is kept already begins, the fill ends.
io::Task<void> stop_at_what_is_kept(Pouring& pouring) {
  const std::uint64_t position = pouring.fill.position();
  if (pouring.whole || position % block_size != 0) co_return;
  Version& version = *pouring.version;
  const bool enters =
      !std::exchange(pouring.entered, true) || position % version.geometry().slice_size == 0;
  if (enters && version.look(position, position + 1).kind == Version::Look::Kind::unknown) {
    co_await load_next_piece(pouring.job);
  }
  if (version.holds(position)) pouring.fill.limit_to(position);
}

io::Task<void> come_to_end(Pouring& pouring, FillOutcome outcome) {
  co_await write_down(pouring);
  const bool complete = outcome == FillOutcome::done && pouring.writing;
  if (pouring.whole && complete) {
    auto keep = [version = pouring.version] { version->complete(); };
    co_await on_pool(pouring.job.shelf, std::move(keep));
  }
  if (pouring.whole && !complete) co_await throw_away(pouring.job);
  pouring.fill.end(outcome, {});
}

io::Task<void> break_off(Pouring& pouring, Error error) {
  if (pouring.whole) pouring.fill.close();
  co_await write_down(pouring);
  const bool changed = error.kind == ErrorKind::representation_changed;
  if (pouring.whole || changed) co_await throw_away(pouring.job);
  pouring.fill.end(changed ? FillOutcome::changed : FillOutcome::failed, std::move(error));
}

/// One chunk of the origin's, of those up to `end`; false when the fill has broken.
io::Task<bool> fetch_some(Pouring& pouring, std::uint64_t end) {
  const std::uint64_t position = pouring.fill.position();
  if (!pouring.reader || position >= pouring.reader_end) {
    pouring.reader.reset();
    pouring.reader_end = end;
    std::optional<std::uint64_t> stop;
    if (pouring.seekable) stop = end;
    pouring.reader = pouring.resource.read(position, stop);
  }
  const Result<io::Chunk> chunk = co_await pouring.reader->read();
  pouring.fill.set_use(pouring.resource.origin_use());
  if (!chunk) {
    co_await break_off(pouring, chunk.error());
    co_return false;
  }
  if (chunk->empty()) {
    if (!pouring.seekable) pouring.version->set_length(position);
    pouring.reader_end = 0;
    co_return true;
  }
  const auto count = std::min<std::uint64_t>(end - position, chunk->size());
  pouring.fill.append(chunk->memory().first(static_cast<std::size_t>(count)),
                      pouring.resource.origin_use());
  co_return true;
}

/// Fetches until the fill says that it is over. The resource has been described.
io::Task<void> pour(Job& job, source::Resource& resource) {
  Pouring pouring(job, resource);
  for (bool flows = true; flows;) {
    if (pouring.fill.unwritten_bytes() >= write_batch) co_await write_down(pouring);
    const bool outgrown = pouring.whole && is_too_large(job.shelf, pouring.fill.position());
    if (outgrown) co_await keep_no_more(pouring);
    co_await stop_at_what_is_kept(pouring);
    const Fill::Next next = pouring.fill.next(pouring.version->geometry(), pouring.whole);
    switch (next.kind) {
      case Fill::Next::Kind::end:
        co_return co_await come_to_end(pouring, next.outcome);
      case Fill::Next::Kind::wait:
        co_await write_down(pouring);
        co_await pouring.fill.wait_for_readers();
        break;
      case Fill::Next::Kind::fetch:
        flows = co_await fetch_some(pouring, next.end);
        break;
    }
  }
}

/// The song was forgotten after the origin was asked, who may have spoken of what was before.
/// With the entry's lock held.
bool is_forgotten(const Job& job) { return job.entry->visit != job.visit; }

/// What the visit has found out holds for all. With the entry's lock held.
void publish(Job& job) {
  Entry& entry = *job.entry;
  const Visit& visit = *job.visit;
  const auto now = Clock::now();
  switch (visit.result) {
    case Visit::Result::current:
      if (!visit.version->dead()) entry.version = visit.version;
      break;
    case Visit::Result::not_found:
      entry.version.reset();
      entry.not_found = visit.error;
      entry.not_found_until = now + job.shelf.policy().negative;
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
void conclude(Job& job) {
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

bool may_be_kept(const Shelf& shelf, const http::Representation& what) {
  const bool too_large = what.length && is_too_large(shelf, *what.length);
  return http::is_storable(what.caching) && !(must_be_whole(what) && too_large);
}

/// Whether anything can be kept of what the origin has answered now.
bool can_be_kept(const Job& job) {
  const std::lock_guard lock(job.entry->mutex);
  return job.shelf.disk().writable() && !is_forgotten(job);
}

/// Whether this request is one that brings what is to be kept.
bool brings_it(const http::Representation& what, const source::ReadIntent& ask) {
  if (!must_be_whole(what)) return true;
  const bool from_start = !ask.range || ask.range->first == 0U;
  return ask.body && (from_start || !what.ranges);
}

/// What an origin has said, and who reads the rest of its answer.
struct Answered {
  std::unique_ptr<source::Resource> resource;
  Result<http::Representation> what;
};

io::Task<Answered> ask_origin(Job& job, const source::ReadIntent& ask) {
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

/// What the origin is asked from now on is asked after whatever was forgotten.
void ask_anew(Job& job) {
  const std::lock_guard lock(job.entry->mutex);
  if (!job.entry->visit) job.entry->visit = job.visit;
}

/// Asks whether `known` is current; empty it when that is not to be used any more.
io::Task<Answered> inquire(Job& job, source::ReadIntent ask, std::shared_ptr<Version>& known) {
  if (known) {
    const http::Validators validators = known->as_described().validators;
    if (validators.etag || validators.last_modified) ask.known = validators;
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
io::Task<void> compare(Job& job, std::shared_ptr<Version> known, const http::Representation& what) {
  if (!known) co_return;
  const bool same = is_same_version(known->as_described(), what);
  if (same && http::is_storable(what.caching) && !known->dead()) {
    co_await refresh(job, known, what.caching);
    job.visit->found(std::move(known));
  } else {
    co_await throw_away(job, std::move(known));
  }
}

io::Task<void> take_in(Job& job, const source::ReadIntent& ask, std::shared_ptr<Version> known,
                       Answered answered, HandOver& hand_over) {
  Visit& visit = *job.visit;
  http::Representation& what = *answered.what;
  co_await compare(job, std::move(known), what);
  visit.never_kept = !may_be_kept(job.shelf, what);
  if (visit.never_kept || !brings_it(what, ask) || !can_be_kept(job)) {
    visit.result = visit.version ? Visit::Result::current : Visit::Result::pass;
    if (!visit.version) {
      hand_over.resource = std::move(answered.resource);
      hand_over.what = std::move(what);
    }
    conclude(job);
    job.fill->end(FillOutcome::done, {});
    co_return;
  }
  if (!visit.version) {
    visit.found(job.shelf.make_version(job.entry->key, what, must_be_whole(what)));
    if (visit.version->whole_only()) job.fill->begin_at_start();
  }
  visit.result = Visit::Result::current;
  const bool has_begun = !ask.body || what.length == 0U;
  if (!has_begun) {
    const std::lock_guard lock(visit.version->fills_mutex());
    visit.version->fills().push_back(job.fill);
    job.version = visit.version;
  }
  conclude(job);
  if (has_begun) {
    job.fill->end(FillOutcome::done, {});
  } else {
    job.visit.reset();  // who waits for it has it, and what it holds
    co_await pour(job, *answered.resource);
  }
}

/// Whether an origin that failed so is down. One that refuses is there, and may mean it.
bool is_down(ErrorKind kind) {
  return kind != ErrorKind::origin_refused && kind != ErrorKind::bad_locator;
}

io::Task<void> end_in_vain(Job& job, std::shared_ptr<Version> known, Error error) {
  const bool gone = error.kind == ErrorKind::destination_not_found;
  job.visit->error = error;
  job.visit->result = gone ? Visit::Result::not_found : Visit::Result::failed;
  job.visit->down = is_down(error.kind);
  if (gone && known) co_await throw_away(job, std::move(known));
  conclude(job);
  job.fill->end(FillOutcome::failed, std::move(error));
}

/// What is kept is current, as a 304 says, and fresh again as that says.
io::Task<void> confirm(Job& job, std::shared_ptr<Version> known, const http::CacheFields& now) {
  co_await refresh(job, known, http::update_cache_fields(known->what().caching, now));
  job.visit->result = Visit::Result::current;
  job.visit->found(std::move(known));
  job.visit->revalidated = true;
  conclude(job);
  job.fill->end(FillOutcome::done, {});
}

io::Task<void> visit_origin(Jobs job, Inquiry inquiry, std::shared_ptr<HandOver> hand_over) {
  std::shared_ptr<Version> known = std::move(inquiry.known);
  Answered answered = co_await inquire(*job, inquiry.ask, known);
  if (!answered.what) {
    co_await end_in_vain(*job, known, answered.what.error());
  } else if (answered.what->unchanged && known) {
    co_await confirm(*job, known, answered.what->caching);
  } else {
    co_await take_in(*job, inquiry.ask, known, std::move(answered), *hand_over);
  }
}

io::Task<void> fetch_missing(Jobs job, std::uint64_t wanted_end) {
  Fill& fill = *job->fill;
  Result<std::unique_ptr<source::Resource>> opened = job->supply.source->open(job->supply.request);
  if (!opened) co_return fill.end(FillOutcome::failed, opened.error());
  const std::unique_ptr<source::Resource> resource = std::move(*opened);
  const http::Representation kept = job->version->as_described();
  source::ReadIntent ask;
  ask.range.emplace();
  ask.range->first = fill.first();
  if (wanted_end < kept.length.value_or(endless)) ask.range->last = wanted_end - 1;
  Result<http::Representation> what = co_await resource->describe(ask);
  fill.set_use(resource->origin_use());
  const bool gone = !what && what.error().kind == ErrorKind::destination_not_found;
  if (!what && !gone) co_return fill.end(FillOutcome::failed, what.error());
  if (gone || !is_same_version(kept, *what)) {
    co_await throw_away(*job);
    Error error{ErrorKind::representation_changed, "the origin has another version now", {}};
    co_return fill.end(FillOutcome::changed, std::move(error));
  }
  // This answer serves who waits for it, and nothing of the song is kept any more.
  if (!http::is_storable(what->caching)) co_await forbid(*job);
  fill.set_verified();
  co_await pour(*job, *resource);
}

/// Whoever waits for a fill that a bug has ended is told so.
void fail(Job& job, const std::string& what) {
  spdlog::error("a fill ended with an exception: {}", what);
  const Error error{ErrorKind::internal, what, {}};
  if (job.visit && job.visit->result == Visit::Result::pending) {
    job.visit->result = Visit::Result::failed;
    job.visit->error = error;
  }
  job.fill->end(FillOutcome::failed, error);
}

void look_at_exception(Job& job, const std::exception_ptr& thrown) {
  if (!thrown) return;
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    if (error.code() != io::asio::error::operation_aborted) fail(job, error.what());
  } catch (const std::exception& error) {
    fail(job, error.what());
  }
}

template <class Task>
void spawn(const Jobs& job, Task task) {
  auto ended = [job](const std::exception_ptr& thrown) { look_at_exception(*job, thrown); };
  io::asio::co_spawn(
      job->supply.loop, std::move(task),
      io::asio::bind_cancellation_slot(job->fill->cancellation().slot(), std::move(ended)));
}

}  // namespace

void start_visit(Shelf& shelf, std::shared_ptr<Entry> entry, std::shared_ptr<Visit> visit,
                 Supply supply, Inquiry inquiry, std::shared_ptr<HandOver> hand_over) {
  const auto job = std::make_shared<Job>(shelf, std::move(entry), visit->fill, std::move(supply));
  job->visit = std::move(visit);
  if (!shelf.started(job->fill)) return;
  spawn(job, visit_origin(job, std::move(inquiry), std::move(hand_over)));
}

void start_fill(Shelf& shelf, std::shared_ptr<Entry> entry, std::shared_ptr<Version> version,
                std::shared_ptr<Fill> fill, Supply supply, std::uint64_t wanted_end) {
  const auto job =
      std::make_shared<Job>(shelf, std::move(entry), std::move(fill), std::move(supply));
  job->version = std::move(version);
  if (!shelf.started(job->fill)) return;
  spawn(job, fetch_missing(job, wanted_end));
}

bool is_same_version(const http::Representation& kept, const http::Representation& now) {
  const http::Validators& then = kept.validators;
  if (then.etag != now.validators.etag) return false;
  if (kept.length && now.length && kept.length != now.length) return false;
  if (then.has_strong_etag()) return true;
  if (then.last_modified != now.validators.last_modified || kept.length != now.length) return false;
  if (then.last_modified_is_strong) return true;
  return !kept.single_pass && !now.single_pass && kept.content_type == now.content_type;
}

}  // namespace tonearm::cache
