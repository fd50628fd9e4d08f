#include "source/limited_host.h"

#include "tonearm/io/event.h"

#include <boost/asio/post.hpp>

namespace tonearm::source {

struct ConnectionLimit::Host::Waiter {
  explicit Waiter(io::Executor executor) : loop(executor), turn(executor) {}

  io::Executor loop;
  io::Event turn;  ///< Only on that loop.
  bool admitted = false;
};

/// Stands in line, and leaves it however the wait ends: admitted, timed out or cancelled.
class ConnectionLimit::Host::PlaceInLine {
 public:
  PlaceInLine(Host& host, std::shared_ptr<Waiter> waiter)
      : host_(host), waiter_(std::move(waiter)) {
    const std::lock_guard lock(host_.mutex_);
    host_.line_.push_back(waiter_);
    host_.admit();
  }
  ~PlaceInLine() {
    if (take()) host_.leave();
  }
  PlaceInLine(const PlaceInLine&) = delete;
  PlaceInLine& operator=(const PlaceInLine&) = delete;

  /// Whether it was admitted; the slot is then the caller's, once.
  bool take() {
    const std::lock_guard lock(host_.mutex_);
    host_.line_.remove(waiter_);
    return std::exchange(waiter_->admitted, false);
  }

 private:
  Host& host_;
  const std::shared_ptr<Waiter> waiter_;
};

std::optional<ConnectionLimit::Host::Slot> ConnectionLimit::Host::try_enter() {
  const std::lock_guard lock(mutex_);
  if (!line_.empty() || in_use_ >= *most_) return std::nullopt;
  ++in_use_;
  return std::optional<Slot>(std::in_place, shared_from_this());
}

io::Task<std::optional<ConnectionLimit::Host::Slot>> ConnectionLimit::Host::enter(
    io::Executor loop, io::Clock::time_point deadline) {
  const auto self = shared_from_this();
  const auto waiter = std::make_shared<Waiter>(loop);
  PlaceInLine in_line(*this, waiter);
  io::Deadline limit(loop, [waiter] { waiter->turn.notify(); });
  limit.expire_at(deadline);
  co_await waiter->turn.wait();
  if (!in_line.take()) co_return std::nullopt;
  co_return std::optional<Slot>(std::in_place, self);
}

void ConnectionLimit::Host::leave() {
  const std::lock_guard lock(mutex_);
  --in_use_;
  admit();
}

void ConnectionLimit::Host::most_changed() {
  const std::lock_guard lock(mutex_);
  admit();
}

/// With the lock held: a waiter leaves the line before its loop ends, and needs the lock for it.
void ConnectionLimit::Host::admit() {
  while (!line_.empty() && in_use_ < *most_) {
    ++in_use_;
    const std::shared_ptr<Waiter> next = std::move(line_.front());
    line_.pop_front();
    next->admitted = true;
    io::asio::post(next->loop, [next] { next->turn.notify(); });
  }
}

}  // namespace tonearm::source
