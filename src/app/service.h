#pragma once

#include "tonearm/base/result.h"

#include "app/config.h"

#include <memory>

namespace tonearm::app {

/// The composition root: builds everything that `serve` needs in order, runs it, and stops it in
/// reverse. Not thread-safe.
class Service {
 public:
  explicit Service(const Config& config);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Opens the access log and every listening socket; the error names which and why.
  Result<void> open();
  /// Serves until SIGTERM or SIGINT, and then until the last stream has ended, server.drain is over
  /// or a second signal came.
  void run();

 private:
  class Loop;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tonearm::app
