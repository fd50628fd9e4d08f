#pragma once

#include "tonearm/io/task.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace tonearm::test {

/// Runs `loop` until `ended`. A pool's thread whose work was the last may stop a loop a moment
/// after new work has begun, which one restart heals.
inline void run_until(io::asio::io_context& loop, const bool& ended) {
  loop.restart();
  for (int idle = 0; !ended; idle = 0) {
    while (loop.run_one() == 0) {
      if (++idle == 10) throw std::logic_error("the task waits for something that never comes");
      loop.restart();
    }
  }
}

/// Runs `task` on `loop` until it has returned, and gives back what it returned. What it threw is
/// thrown here. Other work of the loop runs along, and is left where it is at the end.
template <class T>
T run(io::asio::io_context& loop, io::Task<T> task) {
  std::optional<T> value;
  std::exception_ptr error;
  bool ended = false;
  io::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr thrown, T result) {
    error = thrown;
    if (!thrown) value.emplace(std::move(result));
    ended = true;
  });
  run_until(loop, ended);
  if (error) std::rethrow_exception(error);
  return std::move(*value);
}

inline void run(io::asio::io_context& loop, io::Task<void> task) {
  std::exception_ptr error;
  bool ended = false;
  io::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr thrown) {
    error = thrown;
    ended = true;
  });
  run_until(loop, ended);
  if (error) std::rethrow_exception(error);
}

/// The same on a loop of its own.
template <class T>
T run(io::Task<T> task) {
  io::asio::io_context loop(1);
  return run(loop, std::move(task));
}

}  // namespace tonearm::test
