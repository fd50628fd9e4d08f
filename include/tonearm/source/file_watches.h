#pragma once

#include "tonearm/io/event.h"
#include "tonearm/io/task.h"

#include <cstddef>
#include <memory>

namespace tonearm::source {

/// Tells who waits that a file has changed: one inotify watch for each file, however many wait for
/// it and on however many loops, and one thread for all. Thread-safe; outlives all subscriptions.
class FileWatches {
 public:
  class Subscription;

  FileWatches();
  ~FileWatches();
  FileWatches(const FileWatches&) = delete;
  FileWatches& operator=(const FileWatches&) = delete;

  /// From now on `event` is notified, on its loop `executor`, after each change of the file that is
  /// open as `descriptor`; several quick changes may be told as one. Where the kernel cannot see
  /// them (network file systems, no watches left) it is notified four times a second instead. The
  /// subscription is destroyed on that loop, before the event.
  Subscription subscribe(int descriptor, io::Executor executor, io::Event& event);

  /// Files that are watched now.
  std::size_t watched() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class FileWatches::Subscription {
 public:
  Subscription(Subscription&&) noexcept;
  Subscription& operator=(Subscription&&) = delete;
  ~Subscription();

 private:
  friend class FileWatches;
  struct Listener;
  Subscription(State& watches, std::shared_ptr<Listener> listener);

  State* watches_;
  std::shared_ptr<Listener> listener_;
};

}  // namespace tonearm::source
