#include "source/limited_host.h"

#include "tonearm/io/event.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace tonearm::source {

struct ConnectionLimit::Host::Waiter {
  explicit Waiter(Pool& its_pool) : pool(its_pool), loop(pool.loop()), turn(loop) {}

  Pool& pool;  ///< While it stands in line; it may be let go on any thread.
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
    if (!waiter_->admitted) host_.ask_for_room();
  }
  ~PlaceInLine() {
    if (take()) waiter_->pool.take_back(Slot(host_.shared_from_this()));
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

void ConnectionLimit::Host::join(const std::shared_ptr<Pool>& pool) {
  const std::lock_guard lock(mutex_);
  members_.push_back({pool.get(), pool->loop(), pool, false});
}

void ConnectionLimit::Host::part(const Pool& pool) {
  const std::lock_guard lock(mutex_);
  std::erase_if(members_, [&](const Member& member) { return member.pool == &pool; });
}

std::optional<ConnectionLimit::Host::Slot> ConnectionLimit::Host::try_enter() {
  const std::lock_guard lock(mutex_);
  if (!line_.empty() || in_use_ >= *most_) return std::nullopt;
  ++in_use_;
  return std::optional<Slot>(std::in_place, shared_from_this());
}

io::Task<std::optional<ConnectionLimit::Host::Slot>> ConnectionLimit::Host::enter(
    std::shared_ptr<Pool> pool, io::Clock::time_point deadline) {
  const auto self = shared_from_this();
  const auto waiter = std::make_shared<Waiter>(*pool);
  PlaceInLine in_line(*this, waiter);
  io::Deadline limit(waiter->loop, [waiter] { waiter->turn.notify(); });
  limit.expire_at(deadline);
  co_await waiter->turn.wait();
  if (!in_line.take()) co_return std::nullopt;
  co_return std::optional<Slot>(std::in_place, self);
}

ConnectionLimit::Host::Idle ConnectionLimit::Host::judge_idle(const Pool& pool) {
  const std::lock_guard lock(mutex_);
  if (in_use_ > *most_) return Idle::close;
  if (line_.empty()) return Idle::keep;
  return &line_.front()->pool == &pool ? Idle::hand_on : Idle::close;
}

bool ConnectionLimit::Host::wants(const Pool& pool) {
  const std::lock_guard lock(mutex_);
  for (Member& member : members_) {
    if (member.pool == &pool) member.asked = false;
  }
  return !line_.empty() || in_use_ > *most_;
}

void ConnectionLimit::Host::leave() {
  const std::lock_guard lock(mutex_);
  --in_use_;
  admit();
}

void ConnectionLimit::Host::most_changed() {
  const std::lock_guard lock(mutex_);
  admit();
  if (in_use_ > *most_) ask_for_room();
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

/// With the lock held, as admit().
void ConnectionLimit::Host::ask_for_room() {
  for (Member& member : members_) {
    if (std::exchange(member.asked, true)) continue;
    io::asio::post(member.loop, [owner = member.owner] {
      if (const auto pool = owner.lock()) pool->make_room();
    });
  }
}

}  // namespace tonearm::source
