#include "cache/cached_resource.h"

#include "cache/cached_reader.h"
#include "cache/coverage.h"
#include "cache/fill_job.h"
#include "cache/same_version.h"
#include "cache/visiting.h"

#include <algorithm>
#include <utility>

namespace tonearm::cache {
namespace {

using State = source::CacheUse::State;

/// How often a song may turn out to be another one while a request begins.
constexpr int most_attempts = 4;

/// Rather than with a 304, an error or not at all.
bool answered_in_full(const Visit& visit) {
  return visit.result == Visit::Result::pass ||
         (visit.result == Visit::Result::current && !visit.revalidated);
}

/// Whether it can be told where the answer begins while nothing is known of the representation.
bool says_where(const source::ReadIntent& intent) {
  return intent.likely && !(intent.range && intent.range->is_suffix());
}

http::HttpTime now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

CachedResource::CachedResource(Store& store, const std::string& key, Supply supply)
    : store_(store), entry_(store.entry(key)), supply_(std::move(supply)) {}

CachedResource::~CachedResource() { account_.close(store_); }

void CachedResource::set_taker(io::Taker& taker) {
  taker_ = &taker;
  if (direct_) direct_->set_taker(taker);
}

io::Task<Result<http::Representation>> CachedResource::describe(const source::ReadIntent& intent) {
  Way way = Way::changed;
  for (int attempt = 0; way == Way::changed; ++attempt) {
    if (attempt == most_attempts) {
      co_return Error{
          ErrorKind::representation_changed, "the origin's file changes all the time", {}};
    }
    discard_description();
    Result<void> found = co_await find(intent);
    if (!found) co_return found.error();
    way = Way::directly;
    if (version_) way = co_await begin_from_version(intent);
  }
  if (way == Way::directly) co_return co_await describe_directly(intent);
  if (way == Way::nowhere) co_return why_nothing_comes();
  co_return as_kept();
}

/// What describe() has found out so far is of another version.
void CachedResource::discard_description() {
  asked_again_ = false;
  version_.reset();
  hold_ = {};
  leave_seats();
  replace_direct(nullptr);
  account_.use = {};
  account_.unsure = false;
  cold_ = false;
}

http::Representation CachedResource::as_kept() {
  http::Representation what = std::move(what_);
  source::CacheUse& use = account_.use;
  if (use.state != State::miss || use.revalidated || use.stale) {
    use.age = http::current_age(what.caching, now());
  }
  return what;
}

io::Task<Result<void>> CachedResource::find(const source::ReadIntent& intent) {
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    if (!is_entry_loaded()) {
      const bool loaded = co_await load_entry();
      if (!loaded) co_return Result<void>{};  // directly: it is not to be replaced
    }
    Visiting visiting;
    {
      const std::lock_guard lock(entry_->mutex);
      if (const auto answered = answer_from_entry()) co_return *answered;
      announce_visit(intent, visiting);
    }
    // Nothing is awaited here: a request that was cancelled meanwhile would unwind, and leave a
    // visit for all to wait for that nobody makes.
    start_or_join_visit(visiting, intent);
    Result<void> answered = co_await answer_from_visit(visiting);
    if (!answered || version_ || direct_) co_return answered;
    // A visit that does not bring it either would only make the others wait once more.
    const Visit& visit = *visiting.visit;
    const bool would_bring = brings_it(visit, asked_of_origin(intent), intent.reads(visit.what));
    if (!would_bring) co_return answered;  // directly
  }
  co_return Result<void>{};  // directly
}

bool CachedResource::is_entry_loaded() const {
  const std::lock_guard lock(entry_->mutex);
  // While another program has the directory, or the disk is silent, what it keeps is for later.
  return entry_->loaded || !store_.disk().readable();
}

/// What of the song was on disk when the program started. False: that cannot be told now.
io::Task<bool> CachedResource::load_entry() {
  auto load = [&store = store_, entry = entry_] { return store.load(entry->key); };
  const auto loaded = co_await store_.ask_disk(std::move(load));
  if (!loaded || !*loaded) co_return false;
  const std::shared_ptr<Version>& known = **loaded;
  const std::lock_guard lock(entry_->mutex);
  if (std::exchange(entry_->loaded, true) || entry_->version || !known) co_return true;
  // What was evicted meanwhile could not be told to it.
  const std::uint64_t least = known->whole_only() ? known->geometry().slices() : 1;
  if (store_.disk().may_hold(known->song(), known->number(), least)) entry_->version = known;
  co_return true;
}

/// What use() was not called for is to be had from the origin directly. With the entry's lock held.
std::optional<Result<void>> CachedResource::answer_from_entry() {
  const Result<void> done;
  const Moment moment{Clock::now(), now()};
  let_go_of_dead(*entry_);
  switch (what_is_known(*entry_, store_.policy(), store_.disk().writable(), moment)) {
    case Known::fresh:
      use(entry_->version, false);
      return done;
    case Known::stale:
      use(entry_->version, true);
      return done;
    case Known::not_found:
      return entry_->not_found;
    case Known::not_kept:
      return done;
    case Known::nothing:
      break;
  }
  return std::nullopt;
}

void CachedResource::use(std::shared_ptr<Version> version, bool stale) {
  version_ = std::move(version);
  hold_ = Version::Hold(version_);
  account_.use.stale = stale;
}

/// With the entry's lock held, which the end of a job takes, too: `visiting` outlives it. Memory
/// may run out at any of these steps, and a visit that others can find must be made: that is the
/// last.
void CachedResource::announce_visit(const source::ReadIntent& intent, Visiting& visiting) {
  visiting.known = entry_->version;
  visiting.visit = entry_->visit;
  if (visiting.visit) return;
  const auto aligned = intent.range ? align(*intent.range) : std::nullopt;
  auto fill = std::make_shared<Fill>(supply_.loop, aligned ? *aligned->first : 0, store_.policy());
  visiting.visit = std::make_shared<Visit>(fill);
  visiting.hand_over = std::make_shared<HandOver>();
  visiting.hand_over->intent = &intent;
  visiting.job = make_job(fill);
  visiting.job->visit = visiting.visit;
  account_.charge(std::move(fill));
  entry_->visit = visiting.visit;
}

std::shared_ptr<FillJob> CachedResource::make_job(std::shared_ptr<Fill> fill) const {
  return std::make_shared<FillJob>(store_, entry_, std::move(fill), supply_);
}

/// Who does not know yet where to read keeps it from ending until that is known, and wants nothing.
void CachedResource::sit_at_visit(Fill& fill, const source::ReadIntent& intent,
                                  std::uint64_t patience) {
  http::ByteRange place{0, 0};
  if (says_where(intent)) {
    const bool bounded = intent.range && intent.range->last;
    place.end = bounded ? std::min(*intent.range->last, endless) + 1 : endless;
    if (intent.range) place.first = std::min(*intent.range->first, endless);
  }
  if (auto seat = fill.join(place.first, place.end, patience)) seat_ = std::move(*seat);
}

/// Sits down at the visit's fill, and starts it if it is this request's.
void CachedResource::start_or_join_visit(Visiting& visiting, const source::ReadIntent& intent) {
  const bool mine = visiting.job != nullptr;
  if (mine || intent.likely) {
    sit_at_visit(*visiting.visit->fill, intent, mine ? any_patience : store_.policy().read_ahead);
  }
  if (!mine) return;
  start_visit(std::move(visiting.job), {visiting.known, asked_of_origin(intent), intent.likely},
              visiting.hand_over);
}

source::ReadIntent CachedResource::asked_of_origin(const source::ReadIntent& intent) {
  source::ReadIntent ask;
  ask.several = intent.several;
  ask.likely = says_where(intent);
  if (intent.range) ask.range = align(*intent.range);
  return ask;
}

/// Once it is known what the visit has found out.
io::Task<Result<void>> CachedResource::answer_from_visit(const Visiting& visiting) {
  const Visit& visit = *visiting.visit;
  co_await wait_until_verified(*visit.fill);
  const bool mine = visiting.hand_over != nullptr;
  account_.use.outdated = visiting.known && answered_in_full(visit);
  switch (visit.result) {
    case Visit::Result::current:
      use(visit.version, false);
      account_.use.revalidated = visit.revalidated;
      cold_ = visit.version != visiting.known;
      if (cold_ && !mine) {
        account_.use.collapsed = true;
        store_.counters().followers += 1;
      }
      co_return Result<void>{};
    case Visit::Result::not_found:
      co_return visit.error;
    case Visit::Result::pass:
      seat_.leave();
      if (mine) {
        visit.fill->set_use({});  // the resource tells it itself from now on
        replace_direct(std::move(visiting.hand_over->resource));
        described_ = std::move(visiting.hand_over->what);
      }
      co_return Result<void>{};
    case Visit::Result::failed:
    case Visit::Result::pending:
      break;
  }
  seat_.leave();
  if (visit.down) {
    const std::lock_guard lock(entry_->mutex);
    if (may_serve_stale(*entry_, store_.policy(), now())) {
      use(entry_->version, true);
      co_return Result<void>{};
    }
  }
  if (visit.result == Visit::Result::pending) {
    co_return Error{ErrorKind::draining, "stopped while the origin was asked", {}};
  }
  co_return visit.error;
}

io::Task<void> CachedResource::wait_until_verified(Fill& fill) {
  const auto event = std::make_shared<io::Event>(supply_.loop);
  std::uint64_t seen = 0;
  while (!fill.verified(seen)) co_await fill.wait(seen, event, supply_.loop);
}

io::Task<Result<http::Representation>> CachedResource::describe_directly(
    const source::ReadIntent& intent) {
  account_.use.state = State::miss;
  version_.reset();
  hold_ = {};
  leave_seats();
  if (described_ && direct_) {
    http::Representation what = std::move(*described_);
    described_.reset();
    co_return what;
  }
  Result<std::unique_ptr<source::Resource>> opened = supply_.source->open(supply_.request);
  if (!opened) co_return opened.error();
  replace_direct(std::move(*opened));
  co_return co_await direct_->describe(intent);
}

/// What the one before has cost stays this request's.
void CachedResource::replace_direct(std::unique_ptr<source::Resource> next) {
  if (direct_) account_.charge(direct_->origin_use());
  direct_ = std::move(next);
  if (direct_ && taker_ != nullptr) direct_->set_taker(*taker_);
}

io::Task<CachedResource::Way> CachedResource::begin_from_version(const source::ReadIntent& intent) {
  account_.use.state = cold_ ? State::miss : State::hit;
  what_ = version_->as_served();
  const http::ByteRanges parts = parts_read(intent, what_, version_->geometry());
  if (parts.empty()) {
    seat_.leave();
    co_return Way::kept;
  }
  const http::ByteRange range = parts.front();
  const bool can_be_had_apart = range.first > 0 && version_->as_described().ranges;
  if (has_only_one_fill() && can_be_had_apart && !comes_soon(*version_, parts)) {
    co_return Way::directly;
  }
  const Way way = stay_with_the_only_fill(range);
  if (way != Way::kept) co_return way;
  if (!says_where(intent) && !has_only_one_fill()) seat_.leave();
  if (version_->whole_only() && version_->is_complete()) {
    const bool whole = co_await is_whole(store_, version_);
    if (!whole) co_return version_->dead() ? Way::changed : Way::directly;
  }
  Coverage seen = coverage_of(*version_, parts);
  if (!seen.unknown.empty()) seen = co_await load_coverage(store_, version_, parts, seen);
  const bool is_out_of_reach = store_.disk().is_silent() && !comes_past_disk(range.first) &&
                               waits_for_disk(*version_, range.first);
  if (is_out_of_reach) co_return Way::directly;
  predict_cache_use(seen, parts);
  if (seen.begins) co_return Way::kept;
  co_return co_await wait_for_first_byte(range);
}

void CachedResource::predict_cache_use(const Coverage& seen, http::ByteRanges parts) {
  parts.front().first = seen.kept_to;
  const bool all = seen.all() || (!cold_ && seen.is_sure() && has_come(*version_, parts));
  const bool miss = cold_ || (!seen.some && !all);
  account_.use.state = miss ? State::miss : all ? State::hit : State::partial;
  account_.unsure = !miss && !seen.is_sure() && !seen.misses;
}

bool CachedResource::has_only_one_fill() const {
  return version_->whole_only() && !version_->is_complete();
}

io::Task<Result<std::unique_ptr<io::ByteReader>>> CachedResource::read_directly(
    std::uint64_t position, std::optional<std::uint64_t> end) {
  leave_seats();
  const auto changed = [] {
    return Error{ErrorKind::representation_changed, "the rest cannot be had of this version", {}};
  };
  const bool nothing_to_splice = account_.has_delivered_nothing();
  if (!end && !nothing_to_splice) co_return changed();
  Result<std::unique_ptr<source::Resource>> opened = supply_.source->open(supply_.request);
  if (!opened) co_return opened.error();
  replace_direct(std::move(*opened));
  source::ReadIntent intent;
  const http::Representation kept = version_->as_described();
  if (end) {
    intent.range.emplace();
    intent.range->first = position;
    if (*end < kept.length.value_or(endless)) intent.range->last = *end - 1;
  }
  Result<http::Representation> what = co_await direct_->describe(intent);
  if (!what) co_return what.error();
  const bool same =
      is_same_version(kept, *what) || (nothing_to_splice && is_described_alike(kept, *what));
  if (!same) co_return changed();
  co_return direct_->read(position, end);
}

std::unique_ptr<io::ByteReader> CachedResource::read(std::uint64_t first,
                                                     std::optional<std::uint64_t> end) {
  sit_at(first, end.value_or(endless));
  has_read_ = true;
  if (!version_)
    return std::make_unique<CountingReader>(direct_->read(first, end), account_.fetched_bytes);
  return std::make_unique<Reader>(*this, first, end);
}

source::OriginUse CachedResource::origin_use() const {
  const source::OriginUse use = account_.origin_use();
  return direct_ ? use + direct_->origin_use() : use;
}

source::CacheUse CachedResource::cache_use() const { return account_.cache_use(); }

}  // namespace tonearm::cache
