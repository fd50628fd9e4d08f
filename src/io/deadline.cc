#include "tonearm/io/deadline.h"

#include <optional>
#include <utility>

namespace tonearm::io {
namespace {

/// A loop that has much to do is late too, but not by more than this.
constexpr std::chrono::milliseconds busy{50};
/// A turn of the loop takes 128 descriptors at most, so that what has come may need many.
constexpr std::chrono::seconds respite{1};

}  // namespace

struct Deadline::State : std::enable_shared_from_this<Deadline::State> {
  using Timer = asio::steady_timer::rebind_executor<Executor>::other;

  State(Executor executor, Action action, Late what_late_means)
      : timer(executor), on_expiry(std::move(action)), late(what_late_means) {}

  // Invariant: while `armed_for` is set, a wait for that time is pending, and it is never later
  // than `due`.
  Timer timer;
  Action on_expiry;
  const Late late;
  std::optional<Clock::time_point> due;
  std::optional<Clock::time_point> armed_for;
  std::uint64_t generation = 0;
  bool has_waited = false;  ///< Past the time that was set.
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
    const Clock::time_point now = Clock::now();
    if (late == Late::waits && now - *due > busy && !std::exchange(has_waited, true)) {
      due = now + respite;
    }
    if (now < *due) return arm(*due);
    due.reset();
    on_expiry();
  }
};

Deadline::Deadline(Executor executor, Action on_expiry, Late late)
    : state_(std::make_shared<State>(executor, std::move(on_expiry), late)) {}

Deadline::~Deadline() {
  state_->abandoned = true;
  // The action may hold the owner's resources, or be running right now and own this very object.
  state_->timer.cancel();
}

void Deadline::expire_at(Clock::time_point when) {
  state_->due = when;
  state_->has_waited = false;
  if (!state_->armed_for || when < *state_->armed_for) state_->arm(when);
}

void Deadline::clear() { state_->due.reset(); }

}  // namespace tonearm::io
