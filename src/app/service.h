#pragma once

#include "tonearm/base/result.h"

#include "app/config.h"

#include <functional>
#include <memory>

namespace tonearm::app {

/// The composition root: builds everything that `serve` needs in order, runs it, and stops it: the
/// cache, the pools and the resolvers first, the loops last, since fills that end, jobs of pools
/// and waits for resolvers are posted to loops. Not thread-safe.
class Service {
 public:
  /// `reread`: the configuration as it is now, for SIGHUP; throws ConfigError. From here on signals
  /// are kept for run().
  Service(const Config& config, std::function<Config()> reread);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Opens the access log and every listening socket; the error names which and why.
  Result<void> open();
  /// Serves until SIGTERM or SIGINT, and then until the last stream has ended, server.drain is over
  /// or a second signal came. On SIGHUP, what a reload can change counts from the next request on.
  /// A catalog that cannot be read is no more than a warning.
  void run();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tonearm::app
