#pragma once

#include "tonearm/io/deadline.h"
#include "tonearm/io/event.h"
#include "tonearm/io/task.h"
#include "tonearm/source/resolver_options.h"

#include "source/command_run.h"
#include "source/resolver_answer.h"

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tonearm::source {

/// Where a resolver found a song. Shared by everybody who plays it.
struct Link {
  ResolverAnswer answer;
  io::Clock::time_point renew;                  ///< From then on it is renewed while it is used.
  io::Clock::time_point keep;                   ///< From then on it is given to nobody new.
  std::optional<io::Clock::time_point> stated;  ///< Its own end, if it says one.
  mutable std::atomic<bool> worked = false;     ///< An origin has answered to it.
};
using LinkPtr = std::shared_ptr<const Link>;

/// One [resolver.NAME]: the links that it has found, and the runs of its command. One run serves
/// all who wait for the same song, on any loop. A run goes on when nobody waits any more, since a
/// player that gave up mostly comes back; one that has not begun yet is dropped. Thread-safe.
class Resolver : public std::enable_shared_from_this<Resolver> {
 public:
  /// Links remembered at a time; those not asked for for the longest time go first.
  static constexpr std::size_t most_links = 4096;
  /// Runs that may wait for their turn at a time.
  static constexpr std::size_t most_waiting = 1024;
  /// How long a failure is the answer, so that a crowd does not run a command that fails by turns.
  static constexpr std::chrono::seconds failure_memory{2};

  /// `runner`: the loop that runs and watches the commands.
  Resolver(io::Executor runner, ResolverOptions options);

  const ResolverOptions& options() const { return options_; }

  /// The link to `value`, at once if it is known. resolver_failed, http_response_timeout; or
  /// connection_limit_reached when its turn did not come within the timeout, and at once when too
  /// many wait already.
  io::Task<Result<LinkPtr>> find(std::string value);
  /// The same, after the origin has refused `refused` with `why`. A link that never worked is not
  /// renewed for ever: then `why` comes back.
  io::Task<Result<LinkPtr>> renew(std::string value, LinkPtr refused, Error why);
  /// Somebody still listens: a link near its end is renewed in the background.
  void touch(const std::string& value);

  /// On the runner's loop: kills what runs and starts nothing more.
  void stop();

 private:
  struct Waiter;
  struct Run;
  class Waiting;
  using Queue = std::list<std::shared_ptr<Run>>;

  /// What is known of one value.
  struct Entry {
    LinkPtr link;                  ///< Null: none that is any good.
    io::Clock::time_point renew;   ///< When to renew it in the background.
    std::optional<Error> failure;  ///< The answer instead, until `failure_ends`.
    io::Clock::time_point failure_ends;
    unsigned unworked = 0;     ///< Links in a row that were refused at their first use.
    std::shared_ptr<Run> run;  ///< One that waits or runs.
    std::list<const std::string*>::iterator use;  ///< Its place in recent_ while it has no run.
  };
  using Entries = std::unordered_map<std::string, Entry>;

  std::optional<Result<LinkPtr>> known(const std::string& value, const LinkPtr& refused,
                                       const Error& why);
  bool drop_refused(Entry& entry, const LinkPtr& refused, const Error& why);
  void renew_if_due(const std::string& value, const Entry& entry, io::Clock::time_point now);
  Result<std::shared_ptr<Run>> run_of(const std::string& value);
  void end_run(Entries::iterator place);
  bool waits_for_turn(const Run& run);
  void leave(Run& run, const std::shared_ptr<Waiter>& waiter);
  void start_waiting_runs();
  void start_run(const std::shared_ptr<Run>& run);
  Result<void> begin_run(const std::shared_ptr<Run>& run);
  void finish_run(const std::shared_ptr<Run>& run, const CommandResult& result);
  Result<LinkPtr> read_link(const CommandResult& result) const;
  void settle(const std::shared_ptr<Run>& run, const Result<LinkPtr>& result);

  const io::Executor runner_;
  const ResolverOptions options_;

  std::mutex mutex_;
  // Below: guarded by mutex_. Invariant: a run in queue_ has waiters, or is for nobody.
  Entries entries_;
  std::list<const std::string*> recent_;  ///< The keys of those without a run, last used first.
  Queue queue_;
  std::vector<std::shared_ptr<Run>> running_;
  bool stopped_ = false;
};

}  // namespace tonearm::source
