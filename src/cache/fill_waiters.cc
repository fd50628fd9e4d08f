#include "cache/fill.h"

#include <boost/asio/dispatch.hpp>

#include <utility>

namespace tonearm::cache {

bool Fill::add_waiter(const std::shared_ptr<io::Event>& event, const io::Executor& loop,
                      std::uint64_t seen) {
  const std::lock_guard lock(mutex_);
  if (changes_ != seen) return false;
  waiters_.push_back({loop, event});
  return true;
}

void Fill::remove_waiter(const std::shared_ptr<io::Event>& event) {
  const std::lock_guard lock(mutex_);
  std::erase_if(waiters_, [&](const Waiter& waiter) { return waiter.event == event; });
}

io::Task<void> Fill::wait(std::uint64_t seen, std::shared_ptr<io::Event> event, io::Executor loop) {
  if (add_waiter(event, loop, seen)) co_await event->wait();
}

/// One that has paused goes on at once for who comes, and how fast cannot be told. What lies in the
/// block that comes next would be asked for from the block's beginning once more.
bool Fill::is_late(std::uint64_t position) const {
  const std::lock_guard lock(mutex_);
  if (position >= limit_) return true;
  if (!verified_ || paused_ || block_at(position) <= block_at(position_)) return false;
  return pace_.is_slow(position_, position, io::Clock::now(), lively_);
}

Fill::Waiters Fill::take_waiters() {
  ++changes_;
  return std::exchange(waiters_, {});
}

/// A waiter's event belongs to its loop.
void Fill::wake(const Waiters& waiters) {
  for (const Waiter& waiter : waiters) {
    io::asio::dispatch(waiter.loop, [event = waiter.event] { event->notify(); });
  }
}

}  // namespace tonearm::cache
