#include "tonearm/io/deadline.h"

#include <optional>
#include <utility>

namespace tonearm::io {

struct Deadline::State : std::enable_shared_from_this<Deadline::State> {
  using Timer = asio::steady_timer::rebind_executor<Executor>::other;

  State(Executor executor, Action action) : timer(executor), on_expiry(std::move(action)) {}

  // Invariant: while `armed_for` is set, a wait for that time is pending, and it is never later
  // than `due`.
  Timer timer;
  Action on_expiry;
  std::optional<Clock::time_point> due;
  std::optional<Clock::time_point> armed_for;
  std::uint64_t generation = 0;
  bool abandoned = false;

  void arm(Clock::time_point when) {
    armed_for = when;
    const std::uint64_t mine = ++generation;
    timer.expires_at(when);
    timer.async_wait([self = shared_from_this(), mine](const boost::system::error_code&) {
      if (self->generation == mine) self->fired();
    });
  }

  void fired() {
    armed_for.reset();
    if (abandoned || !due) return;
    if (Clock::now() < *due) return arm(*due);
    due.reset();
    on_expiry();
  }
};

Deadline::Deadline(Executor executor, Action on_expiry)
    : state_(std::make_shared<State>(executor, std::move(on_expiry))) {}

Deadline::~Deadline() {
  state_->abandoned = true;
  // The action may hold the owner's resources, or be running right now and own this very object.
  state_->timer.cancel();
}

void Deadline::expire_at(Clock::time_point when) {
  state_->due = when;
  if (!state_->armed_for || when < *state_->armed_for) state_->arm(when);
}

void Deadline::clear() { state_->due.reset(); }

}  // namespace tonearm::io
