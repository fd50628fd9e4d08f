#include "tonearm/io/event.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

namespace tonearm::io {

Event::Event(Executor executor) : timer_(executor, asio::steady_timer::time_point::max()) {}

Task<void> Event::wait() {
  if (!notified_) {
    waiting_ = true;
    boost::system::error_code woken;  // always operation_aborted: the timer itself never expires
    co_await timer_.async_wait(asio::redirect_error(use_task, woken));
    waiting_ = false;
    // A cancelled caller must not go on as if it had been notified.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none && !notified_) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
  }
  notified_ = false;
}

void Event::notify() {
  if (notified_) return;
  notified_ = true;
  if (waiting_) timer_.cancel();
}

}  // namespace tonearm::io
