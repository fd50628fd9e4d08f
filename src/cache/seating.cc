#include "cache/cached_resource.h"
#include "cache/fill_job.h"

#include <algorithm>
#include <utility>

namespace tonearm::cache {
namespace {

/// Of who waits for no block but its own.
constexpr std::uint64_t no_patience = 0;

using Kind = Fill::View::Kind;

bool is_over(const Fill::View& view) { return view.kind == Kind::ended; }
bool has_come(const Fill::View& view) {
  return view.kind == Kind::bytes || view.kind == Kind::gone;
}

}  // namespace

void CachedResource::leave_seats() {
  seat_.leave();
  other_seat_.leave();
}

/// For the first byte, which is not kept: until it is known that it comes, and of this version. The
/// head waits for it anyway, and until it is out another version may be begun.
io::Task<CachedResource::Way> CachedResource::wait_for_first_byte(http::ByteRange range) {
  if (!seat_ || seat_.fill()->ended()) {
    // Nothing can be kept: from the origin, if it was not described by what is kept only.
    const Seated seated = take_seat(range.first, range.end);
    if (seated == Seated::nowhere) co_return Way::directly;
    if (seated == Seated::needless) co_return Way::kept;
  }
  const bool only_way = has_only_one_fill();
  const auto event = std::make_shared<io::Event>(supply_.loop);
  Fill::View view = look_from_seats(range.first);
  while (view.kind == Kind::wait) {
    co_await wait_at_seats(range, view.seen, event);
    if (version_->holds(range.first)) co_return Way::kept;
    view = look_from_seats(range.first);
  }
  if (!is_over(view)) co_return Way::kept;
  const auto outcome = seat_.fill()->outcome();
  if (outcome == FillOutcome::changed) {
    leave_seats();
    co_return Way::changed;
  }
  // It was limited while it was on its way there.
  if (outcome != FillOutcome::failed && has_time_left())
    co_return co_await wait_for_first_byte(range);
  // The only fill cannot resume, but an answer of which nothing was sent can be begun anew.
  const bool begins_anew = only_way && has_time_left();
  co_return begins_anew ? Way::directly : Way::nowhere;
}

/// Way::nowhere is because the fill that was waited for last has failed, or because it has ended
/// before the byte and there is no time left for another.
Error CachedResource::why_nothing_comes() const {
  const Fill& fill = *seat_.fill();
  if (fill.outcome() == FillOutcome::failed) return fill.error();
  return {ErrorKind::http_response_timeout, "the first byte has not come in time", {}};
}

bool CachedResource::comes_past_disk(std::uint64_t position) const {
  if (!seat_ || !store_.disk().is_silent()) return false;
  const Kind there = seat_.fill()->view(position).kind;
  return there == Kind::bytes || there == Kind::wait;
}

/// From `seat_` afterwards: whichever brings it sooner, or goes on.
Fill::View CachedResource::look_from_seats(std::uint64_t position) {
  if (other_seat_) {
    const bool failed = !seat_ || (is_over(seat_.fill()->view(position)) &&
                                   seat_.fill()->outcome() == FillOutcome::failed);
    const Fill::View there = other_seat_.fill()->view(position);
    if (failed || has_come(there)) {
      seat_ = std::move(other_seat_);
      account_.use.collapsed = true;
    } else if (is_over(there)) {
      other_seat_.leave();
    }
  }
  return seat_.fill()->view(position);
}

/// Until something has happened since `seen`, the view from `seat_`, was looked at, or another fill
/// is tried.
io::Task<void> CachedResource::wait_at_seats(http::ByteRange range, std::uint64_t seen,
                                             const std::shared_ptr<io::Event>& event) {
  const std::shared_ptr<Fill> fill = seat_.fill();
  const std::shared_ptr<Fill> other = other_seat_.fill();
  const bool may_ask = !asked_again_ && !has_only_one_fill();
  if (may_ask && fill->is_late(range.first)) {
    try_another_fill(range);
    co_return;
  }
  std::optional<io::Deadline> look_again;
  if (may_ask && fill->position() < range.first) {
    look_again.emplace(
        supply_.loop, [event] { event->notify(); }, io::Deadline::Late::expires);
    look_again->expire_after(store_.policy().lively);
  }
  if (!fill->add_waiter(event, supply_.loop, seen)) co_return;
  if (other) {
    const Fill::View there = other->view(range.first);
    const bool waits =
        there.kind == Kind::wait && other->add_waiter(event, supply_.loop, there.seen);
    if (!waits) event->notify();
  }
  co_await event->wait();
  if (look_again || other) fill->remove_waiter(event);
  if (other) other->remove_waiter(event);
}

/// At a fill of its own, or one that is about to bring just this. The place at the slow one stays
/// taken until one of them has brought the byte: an origin may refuse a second question, or be
/// slower to answer it. Once for each byte that is waited for.
void CachedResource::try_another_fill(http::ByteRange range) {
  asked_again_ = true;
  account_.use.collapsed = false;
  other_seat_ = std::move(seat_);
  if (take_seat(range.first, range.end) == Seated::nowhere) seat_ = std::move(other_seat_);
}

void CachedResource::leave_slow_fill() {
  asked_again_ = false;
  if (!other_seat_) return;
  const std::shared_ptr<Fill> slow = other_seat_.fill();
  other_seat_.leave();
  if (seat_) slow->give_way(seat_.fill()->first());
}

/// Where something is kept on its way to `position`.
bool CachedResource::ends_before(const Fill& fill, std::uint64_t position) const {
  const std::uint64_t at = fill.position();
  return !has_only_one_fill() && at < position && version_->next_kept(at) <= position;
}

/// With the lock of the version's fills held.
std::optional<Fill::Seat> CachedResource::join_running(std::uint64_t position, std::uint64_t end) {
  const std::uint64_t patience = has_only_one_fill() ? any_patience
                                 : other_seat_       ? no_patience
                                                     : store_.policy().read_ahead;
  for (const auto& fill : version_->fills()) {
    if (fill == other_seat_.fill() || ends_before(*fill, position)) continue;
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
      if (!other_seat_ && other->position() <= run.first) other->limit_to(run.first);
    }
    auto fill = std::make_shared<Fill>(supply_.loop, run.first, store_.policy());
    fill->limit_to(limit);
    if (other_seat_) fill->end_with_readers();
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
