#include "cache/fill.h"

#include "tonearm/io/deadline.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace tonearm::cache {
namespace {

/// Blocks that stay in memory while the disk takes none.
constexpr std::size_t most_in_memory = 64;

/// Readers at once that one listener's player, which seeks or asks twice, does not make.
constexpr std::size_t crowd = 4;

std::size_t blocks_of(std::size_t bytes) { return (bytes + block_size - 1) / block_size; }

/// In one piece of memory, and not side by side by chance.
bool lie_together(const ArrivingBlock& one, const ArrivingBlock& next) {
  const bool same_piece =
      !one.bytes.owner_before(next.bytes) && !next.bytes.owner_before(one.bytes);
  return same_piece && one.bytes.get() + block_size == next.bytes.get();
}

}  // namespace

Fill::Fill(io::Executor home, std::uint64_t first, const Policy& policy)
    : home_(home),
      read_ahead_(policy.read_ahead),
      release_after_(policy.release_after),
      lively_(policy.lively),
      home_event_(home),
      first_(first),
      position_(first),
      shown_(first),
      wanted_(first),
      pace_(first, io::Clock::now()) {}

Fill::Seat& Fill::Seat::operator=(Seat&& other) noexcept {
  leave();
  fill_ = std::move(other.fill_);
  number_ = other.number_;
  return *this;
}

void Fill::Seat::leave() {
  if (fill_) fill_->leave(number_);
  fill_.reset();
}

void Fill::Seat::move_to(std::uint64_t position) {
  if (fill_) fill_->move(number_, position);
}

std::optional<Fill::Seat> Fill::join(std::uint64_t position, std::uint64_t end,
                                     std::uint64_t patience) {
  bool wake = false;
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    if (outcome_ || closed_ || position >= limit_) return std::nullopt;
    const bool is_kept = patience == any_patience && !in_memory_;
    if (position < oldest() && !is_kept) return std::nullopt;
    const bool near = block_at(position) == block_at(position_) || position - position_ <= patience;
    const bool on_its_way = position <= position_ || patience == any_patience ||
                            (near && position <= wanted_ + block_size);
    if (!on_its_way) return std::nullopt;
    wanted_ = std::max(wanted_, end);
    number = next_seat_++;
    seats_.emplace(number, position);
    stop_at_.reset();
    claim_unread();
    wake = std::exchange(home_waits_, false);
  }
  if (wake) wake_home();
  return Seat(shared_from_this(), number);
}

Fill::View Fill::view(std::uint64_t position) const {
  const std::lock_guard lock(mutex_);
  View view;
  view.seen = changes_;
  if (position < oldest()) {
    view.kind = View::Kind::gone;
  } else if (position < shown_) {
    view.kind = View::Kind::bytes;
    view.block = blocks_[block_at(position) - blocks_.front()->block];
    const std::span<const std::byte> bytes = together_from(position);
    view.bytes = bytes.first(std::min<std::uint64_t>(bytes.size(), shown_ - position));
  } else if (outcome_ && position >= position_) {
    view.kind = View::Kind::ended;
  }
  return view;
}

/// With the lock held.
std::span<const std::byte> Fill::together_from(std::uint64_t position) const {
  const std::size_t first = block_at(position) - blocks_.front()->block;
  std::size_t last = first;
  while (last + 1 < blocks_.size() && lie_together(*blocks_[last], *blocks_[last + 1])) ++last;
  const std::size_t before = position % block_size;
  return {blocks_[first]->bytes.get() + before,
          (last - first) * block_size + blocks_[last]->size - before};
}

void Fill::give_way(std::uint64_t first) {
  {
    const std::lock_guard lock(mutex_);
    const bool wanted = std::any_of(seats_.begin(), seats_.end(),
                                    [&](const auto& seat) { return seat.second >= first; });
    if (wanted || position_ > first) return;
  }
  limit_to(first);
}

void Fill::end_with_readers() {
  const std::lock_guard lock(mutex_);
  ends_with_readers_ = true;
}

bool Fill::verified(std::uint64_t& seen) const {
  const std::lock_guard lock(mutex_);
  seen = changes_;
  return verified_ || outcome_;
}

std::optional<FillOutcome> Fill::outcome() const {
  const std::lock_guard lock(mutex_);
  return outcome_;
}

bool Fill::goes_on() const {
  const std::lock_guard lock(mutex_);
  return !outcome_ && !closed_;
}

/// What stays in memory goes with its readers, of whom one must not wait for the other. And who
/// sits at an answer that stands still is cut off with it, though the origin would give him
/// another.
bool Fill::brings_soon(std::uint64_t position) const {
  const std::lock_guard lock(mutex_);
  if (outcome_ || closed_ || in_memory_) return false;
  const auto lively = home_waits_ ? release_after_ : lively_;
  return pace_.flows(io::Clock::now(), lively) && position < position_ + block_size;
}

Error Fill::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

source::OriginUse Fill::take_use() {
  const std::lock_guard lock(mutex_);
  return take_rest();
}

source::OriginUse Fill::close_account() {
  const std::lock_guard lock(mutex_);
  return --open_accounts_ == 0 ? take_rest() : source::OriginUse{};
}

source::OriginUse Fill::take_rest() { return use_ - std::exchange(taken_, use_); }

std::uint64_t Fill::position() const {
  const std::lock_guard lock(mutex_);
  return position_;
}

std::uint64_t Fill::slowest() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t slowest = position_;
  for (const auto& [number, position] : seats_) slowest = std::min(slowest, position);
  return slowest;
}

std::uint64_t Fill::first() const {
  const std::lock_guard lock(mutex_);
  return first_;
}

void Fill::begin_at_start() {
  const std::lock_guard lock(mutex_);
  first_ = 0;
  position_ = 0;
  shown_ = 0;
}

void Fill::limit_to(std::uint64_t limit) {
  Waiters waiters;
  {
    const std::lock_guard lock(mutex_);
    if (limit >= limit_) return;
    limit_ = limit;
    waiters = take_waiters();
  }
  wake(waiters);
}

/// Where the fastest reader is. With the lock held.
std::uint64_t Fill::fastest() const {
  std::uint64_t fastest = 0;
  for (const auto& [number, position] : seats_) fastest = std::max(fastest, position);
  return fastest;
}

/// What has come from here on is in memory. With the lock held.
std::uint64_t Fill::oldest() const {
  return blocks_.empty() ? position_ : blocks_.front()->block * block_size;
}

/// read_ahead past the fastest reader, in whole blocks. With the lock held.
std::uint64_t Fill::may_reach() const {
  return block_at(fastest() + read_ahead_) * block_size + block_size;
}

Fill::Next Fill::next(const Geometry& geometry, bool whole) {
  const std::lock_guard lock(mutex_);
  Next next;
  const std::uint64_t goal =
      whole ? geometry.length
            : std::min(limit_, geometry.align(0, std::min(wanted_, geometry.length)).end);
  const bool nobody = seats_.empty();
  if (nobody && !stop_at_) {
    stop_at_ =
        ends_with_readers_ ? position_ : geometry.slice_end(position_ - (position_ > 0 ? 1 : 0));
  }
  if (position_ >= goal || (nobody && position_ >= *stop_at_)) {
    next.kind = Next::Kind::end;
    next.outcome = position_ >= goal ? FillOutcome::done : FillOutcome::abandoned;
    limit_ = position_;
    closed_ = whole && next.outcome == FillOutcome::abandoned;
    return next;
  }
  next.end = goal;
  next.stop = nobody ? std::min(goal, *stop_at_) : goal;
  next.crowded = seats_.size() >= crowd;
  if (in_memory_) make_room(whole);
  const bool room = !in_memory_ || blocks_.size() < most_in_memory;
  const bool may_go = room && (nobody || position_ < may_reach());
  next.full = !room;
  next.kind = may_go ? Next::Kind::fetch : Next::Kind::wait;
  if (std::exchange(paused_, !may_go) && may_go) pace_.begin(position_, io::Clock::now());
  home_waits_ = !may_go;
  return next;
}

void Fill::write_to(Disk& disk, const Version& version) {
  const std::lock_guard lock(mutex_);
  claim_ = std::make_unique<Claim>(disk, version);
  claim_unread();
}

/// What was fetched ahead of a reader must be there when it comes to it, or the origin pays twice.
/// Who is farther behind than others are ahead follows them, and takes what is left. With the lock
/// held.
void Fill::claim_unread() {
  if (!claim_) return;
  std::uint64_t from = position_;
  for (const auto& [number, at] : seats_) {
    if (at + 2 * read_ahead_ >= position_) from = std::min(from, at);
  }
  claim_->move_to(from, seats_.empty() ? from : position_);
}

void Fill::set_verified() {
  Waiters waiters;
  {
    const std::lock_guard lock(mutex_);
    verified_ = true;
    pace_.begin(position_, io::Clock::now());
    waiters = take_waiters();
  }
  wake(waiters);
}

bool Fill::append(std::span<const std::byte> bytes, const source::OriginUse& use_so_far) {
  Waiters waiters;
  {
    const std::lock_guard lock(mutex_);
    use_ = of_earlier_ + use_so_far;
    const bool held_before = shown_ < position_;
    store(bytes);
    pace_.came(position_, io::Clock::now());
    claim_unread();
    if (holds_back()) return !held_before;
    shown_ = position_;
    waiters = take_waiters();
  }
  wake(waiters);
  return false;
}

/// What comes at once lies together where many send it, each of them in one piece. Who is alone may
/// be slow, and keeps in memory all of what lies together with what it sends. With the lock held.
void Fill::store(std::span<const std::byte> bytes) {
  const bool together = seats_.size() >= crowd;
  std::shared_ptr<std::byte[]> place;
  while (!bytes.empty()) {
    if (blocks_.empty() || blocks_.back()->size == block_size) {
      place = together && place ? std::shared_ptr<std::byte[]>(place, place.get() + block_size)
                                : place_for_blocks(together ? blocks_of(bytes.size()) : 1);
      blocks_.push_back(std::make_shared<ArrivingBlock>(block_at(position_), place));
    }
    ArrivingBlock& block = *blocks_.back();
    const std::size_t count = std::min<std::size_t>(bytes.size(), block_size - block.size);
    std::memcpy(block.bytes.get() + block.size, bytes.data(), count);
    block.size += count;
    position_ += count;
    bytes = bytes.subspan(count);
  }
}

/// sendfile() copies nothing, and many get the same pages. With the lock held.
bool Fill::holds_back() const { return claim_ && !in_memory_ && seats_.size() >= crowd; }

void Fill::show() {
  Waiters waiters;
  {
    const std::lock_guard lock(mutex_);
    if (shown_ == position_) return;
    shown_ = position_;
    waiters = take_waiters();
  }
  wake(waiters);
}

void Fill::set_use(const source::OriginUse& use_so_far) {
  const std::lock_guard lock(mutex_);
  use_ = of_earlier_ + use_so_far;
}

void Fill::change_resource() {
  const std::lock_guard lock(mutex_);
  of_earlier_ = use_;
}

/// Only the end of the song makes a short block whole: a fill that is limited while its last bytes
/// are on their way ends in the middle of one.
ArrivingBlocks Fill::unwritten(const Geometry& geometry) const {
  const std::lock_guard lock(mutex_);
  ArrivingBlocks blocks;
  for (const auto& block : blocks_) {
    const bool same =
        geometry.slice_of_block(block->block) == geometry.slice_of_block(blocks_.front()->block);
    const bool whole =
        block->size > 0 && block->size == geometry.bytes_of_block(block->block).size();
    if (!same || !whole) break;
    blocks.push_back(block);
  }
  return blocks;
}

void Fill::release(const ArrivingBlocks& blocks) {
  Waiters waiters;
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < blocks.size(); ++i) blocks_.pop_front();
    if (shown_ >= oldest()) return;
    shown_ = oldest();
    waiters = take_waiters();
  }
  wake(waiters);
}

void Fill::keep_in_memory() {
  {
    const std::lock_guard lock(mutex_);
    in_memory_ = true;
  }
  show();
}

/// Makes room for what the fastest reader waits for. With the lock held.
void Fill::make_room(bool whole) {
  if (blocks_.size() < most_in_memory) return;
  std::uint64_t done = seats_.empty() ? endless : fastest();
  for (const auto& [number, position] : seats_) {
    if (whole && position >= pace_from_) done = std::min(done, position);
  }
  while (blocks_.size() >= most_in_memory && (blocks_.front()->block + 1) * block_size <= done) {
    blocks_.pop_front();
  }
}

io::Task<void> Fill::wait_for_readers() {
  std::optional<io::Deadline> patience;
  if (holds_up_the_fastest()) {
    patience.emplace(home_, [this] { give_up_who_is_behind(); });
    patience->expire_after(release_after_);
  }
  co_await home_event_.wait();
}

/// Somebody has read all there is, or waits for what is still farther on.
bool Fill::holds_up_the_fastest() const {
  const std::lock_guard lock(mutex_);
  return !seats_.empty() && fastest() >= position_;
}

void Fill::give_up_who_is_behind() {
  {
    const std::lock_guard lock(mutex_);
    pace_from_ = std::min(fastest(), position_);
  }
  home_event_.notify();
}

std::uint64_t Fill::unwritten_bytes() const {
  const std::lock_guard lock(mutex_);
  return blocks_.size() * block_size;
}

void Fill::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

void Fill::end(FillOutcome outcome, Error error) {
  Waiters waiters;
  {
    const std::lock_guard lock(mutex_);
    if (outcome_) return;
    outcome_ = outcome;
    error_ = std::move(error);
    shown_ = position_;
    waiters = take_waiters();
  }
  wake(waiters);
}

void Fill::cancel() {
  io::asio::post(home_, [self = shared_from_this()] {
    self->cancellation_.emit(io::asio::cancellation_type::terminal);
  });
}

void Fill::leave(std::uint64_t number) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    seats_.erase(number);
    claim_unread();
    wake = std::exchange(home_waits_, false);
  }
  if (wake) wake_home();
}

void Fill::move(std::uint64_t number, std::uint64_t position) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    std::uint64_t& at = seats_.at(number);
    const std::uint64_t before = std::exchange(at, std::max(at, position));
    if (claim_ && claim_->slice_at(before) != claim_->slice_at(at)) claim_unread();
    wake = home_waits_ && (in_memory_ || position_ < may_reach());
    if (wake) home_waits_ = false;
  }
  if (wake) wake_home();
}

void Fill::wake_home() {
  io::asio::dispatch(home_, [self = shared_from_this()] { self->home_event_.notify(); });
}

}  // namespace tonearm::cache
