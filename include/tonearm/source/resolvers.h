#pragma once

#include "tonearm/source/resolver_options.h"

#include <memory>
#include <string>

namespace tonearm::source {

class Resolver;

/// The resolvers of a process, and the one thread that runs their commands and watches them. Shared
/// by all loops, and kept across reloads. Thread-safe.
class Resolvers {
 public:
  Resolvers();
  ~Resolvers();
  Resolvers(const Resolvers&) = delete;
  Resolvers& operator=(const Resolvers&) = delete;

  /// Starts the thread, unless it runs. Throws std::system_error when the system gives none.
  void start();

  /// The resolver of that name and with these options, as long as somebody has it the same one,
  /// with the links that it knows. Another one beside it changes nothing for it.
  std::shared_ptr<Resolver> get(const std::string& name, const ResolverOptions& options);

  /// Kills what runs, and waits for it; who waits for a link is told `draining`. While the loops of
  /// those who wait still exist; nothing may be asked for afterwards.
  void stop();

 private:
  class Thread;

  std::unique_ptr<Thread> thread_;
};

}  // namespace tonearm::source
