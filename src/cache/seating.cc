#include "cache/cached_resource.h"
#include "cache/fill_job.h"

#include <algorithm>
#include <utility>

namespace tonearm::cache {
namespace {

/// Of who waits for no block but its own.
constexpr std::uint64_t no_patience = 0;

/// It has failed, and the byte at `position` had not come by then.
bool failed_before(const Fill& fill, std::uint64_t position) {
  return fill.outcome() == FillOutcome::failed &&
         fill.view(position).kind == Fill::View::Kind::ended;
}

}  // namespace

void CachedResource::leave_seats() {
  seat_.leave();
  former_.leave();
}

/// For the first byte, which is not kept.
io::Task<CachedResource::Way> CachedResource::sit_down(http::ByteRange range) {
  if (!seat_ || seat_.fill()->ended()) {
    // Nothing can be kept: from the origin, if it was not described by what is kept only.
    const Seated seated = take_seat(range.first, range.end);
    if (seated == Seated::nowhere) co_return Way::directly;
    if (seated == Seated::needless) co_return Way::kept;
  }
  co_return co_await sit_until_it_comes(range);
}

/// Until it is known that it does, and of this version.
io::Task<CachedResource::Way> CachedResource::sit_until_it_comes(http::ByteRange range) {
  const bool only_way = has_only_one_fill();
  const std::shared_ptr<Fill> fill = seat_.fill();
  switch (co_await wait_until_it_comes(*fill, range.first)) {
    case Advice::stay:
      break;
    case Advice::begin_fill:
      if (sit_elsewhere(range.first, range.end) == Seated::needless) co_return Way::kept;
      co_return co_await sit_until_it_comes(range);
    case Advice::ask_directly:
      co_return Way::directly;
  }
  if (fill->outcome() == FillOutcome::changed) {
    leave_seats();
    co_return Way::changed;
  }
  if (!failed_before(*fill, range.first)) co_return Way::kept;
  if (has_time_left() && sit_back()) co_return co_await sit_until_it_comes(range);
  // The only fill cannot resume, but an answer of which nothing was sent can be begun anew.
  const bool begins_anew = only_way && has_time_left();
  co_return begins_anew ? Way::directly : Way::nowhere;
}

/// Or does not come, or late. The head waits for it anyway, and until it is out another version may
/// be begun.
io::Task<Advice> CachedResource::wait_until_it_comes(Fill& fill, std::uint64_t position) {
  co_await wait_until_verified(fill);
  const auto event = std::make_shared<io::Event>(supply_.loop);
  for (Fill::View view = fill.view(position); view.kind == Fill::View::Kind::wait;
       view = fill.view(position)) {
    const Advice advice = advice_at(fill, position);
    if (advice != Advice::stay) co_return advice;
    co_await fill.wait_for(position, view.seen, event, supply_.loop);
  }
  co_return Advice::stay;
}

/// Who has left one fill waits at the next.
Advice CachedResource::advice_at(const Fill& fill, std::uint64_t position) const {
  return stays_ || former_ || has_only_one_fill() ? Advice::stay : fill.advise(position);
}

/// At a fill of its own, or one that is about to bring just this. An origin may refuse a second
/// question while it answers the first, which then is still the way.
CachedResource::Seated CachedResource::sit_elsewhere(std::uint64_t position, std::uint64_t end) {
  former_ = std::move(seat_);
  const Seated seated = take_seat(position, end);
  if (seated != Seated::at_fill) sit_back();
  return seated;
}

bool CachedResource::sit_back() {
  if (!former_) return false;
  seat_ = std::move(former_);
  stays_ = true;
  return true;
}

/// With the lock of the version's fills held.
std::optional<Fill::Seat> CachedResource::join_running(std::uint64_t position, std::uint64_t end) {
  const std::uint64_t patience = has_only_one_fill() ? any_patience
                                 : former_           ? no_patience
                                                     : store_.policy().read_ahead;
  for (const auto& fill : version_->fills()) {
    if (auto seat = fill->join(position, end, patience)) {
      store_.counters().followers += 1;
      account_.use.collapsed = true;
      return seat;
    }
  }
  return std::nullopt;
}

/// What is not kept yet of a song that is kept only whole can be had from its one fill and never
/// again: who still reads what is kept must not find that over, or what lies between in no place.
CachedResource::Way CachedResource::stay_with_the_only_fill(http::ByteRange range) {
  if (!has_only_one_fill()) return Way::kept;
  sit_at(range.first, range.end);
  bool goes_on = false;
  {
    const std::lock_guard lock(version_->fills_mutex());
    for (const auto& fill : version_->fills()) goes_on = goes_on || fill->goes_on();
  }
  if (seat_ || version_->is_complete()) return Way::kept;
  if (goes_on) return Way::directly;
  version_->kill();
  return Way::changed;
}

CachedResource::Seated CachedResource::take_seat(std::uint64_t position, std::uint64_t end) {
  seat_.leave();
  std::shared_ptr<FillJob> job;  // outlives the lock, which its end takes, too
  std::uint64_t wanted = 0;
  {
    const std::lock_guard lock(version_->fills_mutex());
    if (auto joined = join_running(position, end)) {
      seat_ = std::move(*joined);
      return Seated::at_fill;
    }
    // A fill that was joined too late has written it since it was found missing.
    if (version_->holds(position)) return Seated::needless;
    const bool keeps = !version_->dead() && !version_->whole_only() && store_.disk().writable();
    if (!keeps) return Seated::nowhere;
    const http::ByteRange run = version_->geometry().align(position, end);
    std::uint64_t limit = version_->next_kept(position);
    for (const auto& other : version_->fills()) {
      if (other->first() > run.first) limit = std::min(limit, other->first());
      if (!former_ && other->position() <= run.first) other->limit_to(run.first);
    }
    auto fill = std::make_shared<Fill>(supply_.loop, run.first, store_.policy());
    fill->limit_to(limit);
    wanted = std::min(run.end, limit);
    // Its own: not to be refused, however little is read ahead.
    if (auto seat = fill->join(position, end, any_patience)) seat_ = std::move(*seat);
    job = make_job(fill);
    job->version = version_;
    account_.charge(fill);
    // Memory may run out before, and what others can find must run.
    version_->fills().push_back(std::move(fill));
  }
  start_fill(std::move(job), wanted);
  return seat_ ? Seated::at_fill : Seated::nowhere;
}

/// The seat taken meanwhile is at the range that was asked for, or at the part before. The only
/// fill of a song goes by where its readers are, and is over when it has none.
void CachedResource::sit_at(std::uint64_t first, std::uint64_t end) {
  if (!version_ || !has_only_one_fill()) {
    if (has_read_) leave_seats();
    return;
  }
  std::optional<Fill::Seat> here;
  if (seat_) here = seat_.fill()->join(first, end, any_patience);
  if (!here) {
    const std::lock_guard lock(version_->fills_mutex());
    here = join_running(first, end);
  }
  seat_ = here ? std::move(*here) : Fill::Seat();
}

}  // namespace tonearm::cache
