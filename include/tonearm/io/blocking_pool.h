#pragma once

#include "tonearm/io/task.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace tonearm::io {

/// The threads for what blocks: SQLite, cold disks, spawning. Shared by all loops; join() it before
/// any of them is destroyed, since its threads let go of a loop after they have resumed the caller.
class BlockingPool {
 public:
  explicit BlockingPool(std::size_t threads) : pool_(threads) {}

  /// Runs `work` (nullary, must not throw, its result default-constructible or at least movable) on
  /// a thread of the pool and resumes the caller on its own loop with what it returned. Cannot be
  /// cancelled: a cancelled caller unwinds after the work is done.
  template <class Work>
  Task<std::invoke_result_t<Work>> run(Work work) {
    using Value = std::invoke_result_t<Work>;
    auto initiate = [this](auto handler, Work job) {
      auto executor = asio::get_associated_executor(handler);
      auto guard = asio::make_work_guard(executor);
      asio::post(pool_, [handler = std::move(handler), job = std::move(job),
                         guard = std::move(guard)]() mutable {
        auto complete = [handler = std::move(handler), value = job()]() mutable {
          std::move(handler)(std::move(value));
        };
        auto loop = guard.get_executor();
        asio::post(loop, std::move(complete));
      });
    };
    return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Value)>(
        std::move(initiate), use_task, std::move(work));
  }

  /// Waits for what runs; nothing may be submitted afterwards.
  void join() { pool_.join(); }

 private:
  asio::thread_pool pool_;
};

}  // namespace tonearm::io
