#pragma once

#include "tonearm/io/deadline.h"
#include "tonearm/io/event.h"
#include "tonearm/io/task.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tonearm::io {

/// The threads for what blocks: SQLite, cold disks, spawning. Shared by all loops; join() it before
/// any of them is destroyed, since its threads let go of a loop after they have resumed the caller.
class BlockingPool {
 public:
  /// `most_waiting`: jobs that have not begun, from which on it is_full(). Throws std::system_error
  /// when the system gives no more threads.
  explicit BlockingPool(std::size_t threads,
                        std::size_t most_waiting = std::numeric_limits<std::size_t>::max());
  /// Drops what has not begun.
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// Runs `work` (nullary, its result movable and not void) on a thread of the pool and resumes the
  /// caller on its own loop with what it returned or threw. Cannot be cancelled: a cancelled caller
  /// unwinds after the work is done.
  template <class Work>
  Task<std::invoke_result_t<Work>> run(Work work) {
    using Ended = Outcome<std::invoke_result_t<Work>>;
    auto initiate = [this](auto handler, Work job) {
      auto executor = asio::get_associated_executor(handler);
      auto guard = asio::make_work_guard(executor);
      asio::post(context_, [turn = Turn(waiting_), handler = std::move(handler),
                            job = std::move(job), guard = std::move(guard)]() mutable {
        turn.come();
        auto complete = [handler = std::move(handler), outcome = outcome_of(job)]() mutable {
          std::move(handler)(std::move(outcome));
        };
        auto loop = guard.get_executor();
        asio::post(loop, std::move(complete));
      });
    };
    Ended outcome =
        co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Ended)>(
            std::move(initiate), use_task, std::move(work));
    co_return value_of(std::move(outcome));
  }

  /// The same for work that is of no use once its caller has left: a cancelled caller unwinds at
  /// once; what has not begun never does, and what runs learns it from the stop_token that it is
  /// called with. `work` owns all that it uses.
  template <class Work>
  Task<std::invoke_result_t<Work, std::stop_token>> run_while_wanted(Work work) {
    using Value = std::invoke_result_t<Work, std::stop_token>;
    const Executor loop = co_await asio::this_coro::executor;
    const auto call = std::make_shared<Call<Value>>(loop);
    const Departure departure(call->gone);
    submit(loop, call, std::move(work));
    while (!call->outcome) co_await call->ended.wait();
    co_return value_of(std::move(*call->outcome));
  }

  /// The same for work that is done whoever waits for it, but is not waited for without end. Empty:
  /// it has not come back yet; what it returns or throws in the end is dropped, on the caller's
  /// loop. `patience` says how long to wait, at first and whenever that is over; zero: no more. A
  /// cancelled caller unwinds at once. `work` owns all that it uses.
  template <class Work, class Patience>
  Task<std::optional<std::invoke_result_t<Work>>> run_with_patience(Work work, Patience patience) {
    using Value = std::invoke_result_t<Work>;
    const Executor loop = co_await asio::this_coro::executor;
    const auto call = std::make_shared<Call<Value>>(loop);
    submit(loop, call, [work = std::move(work)](const std::stop_token&) mutable { return work(); });
    bool is_over = false;
    Deadline deadline(loop, [&is_over, call] {
      is_over = true;
      call->ended.notify();
    });
    for (Clock::duration most = patience(); !call->outcome && most > Clock::duration::zero();) {
      is_over = false;
      deadline.expire_after(most);
      while (!call->outcome && !is_over) co_await call->ended.wait();
      if (!call->outcome) most = patience();
    }
    if (!call->outcome) co_return std::nullopt;
    co_return value_of(std::move(*call->outcome));
  }

  /// Whether as many jobs as it should keep wait for their turn already: whether to refuse another
  /// is up to the caller.
  bool is_full() const { return waiting_ >= most_waiting_; }

  /// Waits for what runs; nothing may be submitted afterwards.
  void join();

 private:
  template <class Value>
  using Outcome = std::variant<std::exception_ptr, Value>;

  /// A job counts as waiting until it begins, or is dropped: when memory runs out, at once.
  class Turn {
   public:
    explicit Turn(std::atomic<std::size_t>& waiting) : waiting_(&waiting) { ++waiting; }
    Turn(Turn&& other) noexcept : waiting_(std::exchange(other.waiting_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() { come(); }
    void come() {
      if (waiting_ != nullptr) --*std::exchange(waiting_, nullptr);
    }

   private:
    std::atomic<std::size_t>* waiting_;
  };

  template <class Value>
  static Value value_of(Outcome<Value> outcome) {
    if (auto* thrown = std::get_if<std::exception_ptr>(&outcome)) std::rethrow_exception(*thrown);
    return std::get<1>(std::move(outcome));
  }

  /// Of who may leave before the work is done. Touched on the caller's loop only, but for the
  /// stop_source.
  template <class Value>
  struct Call {
    explicit Call(const Executor& loop) : ended(loop) {}
    std::stop_source gone;
    Event ended;
    std::optional<Outcome<Value>> outcome;
  };
  struct Departure {
    explicit Departure(std::stop_source& of) : gone(of) {}
    ~Departure() { gone.request_stop(); }
    Departure(const Departure&) = delete;
    Departure& operator=(const Departure&) = delete;
    std::stop_source& gone;
  };

  template <class Value, class Work>
  void submit(const Executor& loop, std::shared_ptr<Call<Value>> call, Work work) {
    asio::post(context_, [turn = Turn(waiting_), call = std::move(call), work = std::move(work),
                          guard = asio::make_work_guard(loop)]() mutable {
      turn.come();
      std::optional<Outcome<Value>> outcome;
      const std::stop_token stop = call->gone.get_token();
      if (!stop.stop_requested()) {
        auto job = [&] { return work(stop); };
        outcome = outcome_of(job);
      }
      // Dropped there as well: its event belongs to the loop.
      auto tell = [call = std::move(call), outcome = std::move(outcome)]() mutable {
        call->outcome = std::move(outcome);
        call->ended.notify();
      };
      asio::post(guard.get_executor(), std::move(tell));
    });
  }

  /// A failed allocation is the request's end, and not the process's.
  template <class Work>
  static Outcome<std::invoke_result_t<Work>> outcome_of(Work& work) {
    try {
      return Outcome<std::invoke_result_t<Work>>(std::in_place_index<1>, work());
    } catch (...) {
      return Outcome<std::invoke_result_t<Work>>(std::in_place_index<0>, std::current_exception());
    }
  }

  const std::size_t most_waiting_;
  std::atomic<std::size_t> waiting_{0};
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::vector<std::thread> threads_;
};

}  // namespace tonearm::io
