#pragma once

#include "tonearm/io/task.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <exception>
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
  /// Throws std::system_error when the system gives no more threads.
  explicit BlockingPool(std::size_t threads);
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
      asio::post(context_, [handler = std::move(handler), job = std::move(job),
                            guard = std::move(guard)]() mutable {
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
    if (auto* thrown = std::get_if<std::exception_ptr>(&outcome)) std::rethrow_exception(*thrown);
    co_return std::get<1>(std::move(outcome));
  }

  /// Waits for what runs; nothing may be submitted afterwards.
  void join();

 private:
  template <class Value>
  using Outcome = std::variant<std::exception_ptr, Value>;

  /// A failed allocation is the request's end, and not the process's.
  template <class Work>
  static Outcome<std::invoke_result_t<Work>> outcome_of(Work& work) {
    try {
      return Outcome<std::invoke_result_t<Work>>(std::in_place_index<1>, work());
    } catch (...) {
      return Outcome<std::invoke_result_t<Work>>(std::in_place_index<0>, std::current_exception());
    }
  }

  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::vector<std::thread> threads_;
};

}  // namespace tonearm::io
