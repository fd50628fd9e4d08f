#include "source/resolver.h"

#include "source/link_lifetime.h"
#include "source/resolver_command.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <unordered_set>
#include <utility>

namespace tonearm::source {

using io::Clock;

/// A coroutine that waits for a run, on its own loop.
struct Resolver::Waiter {
  explicit Waiter(io::Executor loop) : executor(loop), done(loop) {}

  io::Executor executor;
  io::Event done;
  std::optional<Result<LinkPtr>> result;  ///< Set on that loop.
};

struct Resolver::Run {
  std::string value;
  Clock::time_point queued = Clock::now();
  std::shared_ptr<CommandRun> command;  ///< Only on the runner's loop.

  // Guarded by the resolver's mutex.
  bool for_nobody = false;  ///< A renewal in the background: it counts although nobody waits.
  std::unordered_set<std::shared_ptr<Waiter>> waiters;
  std::optional<Queue::iterator> place;  ///< While it waits for its turn.
};

/// Takes a waiter off its run, however its wait ends.
class Resolver::Waiting {
 public:
  Waiting(Resolver& resolver, Run& run, const std::shared_ptr<Waiter>& waiter)
      : resolver_(resolver), run_(run), waiter_(waiter) {}
  ~Waiting() { resolver_.leave(run_, waiter_); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  Resolver& resolver_;
  Run& run_;
  const std::shared_ptr<Waiter>& waiter_;
};

namespace {

Error all_busy() {
  return {ErrorKind::connection_limit_reached, "all of the resolver's max_running are busy",
          std::chrono::seconds(5)};
}

/// Nobody else would catch it on the runner's thread, and those who wait must be told.
Error unexpected(const std::exception& thrown) {
  return {ErrorKind::internal, std::string("looking for a link: ") + thrown.what(), {}};
}

}  // namespace

Resolver::Resolver(io::Executor runner, ResolverOptions options)
    : runner_(runner), options_(std::move(options)) {}

io::Task<Result<LinkPtr>> Resolver::find(std::string value) {
  return renew(std::move(value), nullptr, {});
}

io::Task<Result<LinkPtr>> Resolver::renew(std::string value, LinkPtr refused, Error why) {
  const auto waiter = std::make_shared<Waiter>(co_await io::asio::this_coro::executor);
  std::shared_ptr<Run> run;
  {
    const std::lock_guard lock(mutex_);
    std::optional<Result<LinkPtr>> answer = known(value, refused, why);
    if (answer) co_return std::move(*answer);
    Result<std::shared_ptr<Run>> found = run_of(value);
    if (!found) co_return found.error();
    run = std::move(*found);
    run->waiters.insert(waiter);
  }
  const Waiting waiting(*this, *run, waiter);
  bool late = false;
  io::Deadline turn(waiter->executor, [&late, &waiter] {
    late = true;
    waiter->done.notify();
  });
  turn.expire_after(options_.timeout);
  while (!waiter->result) {
    co_await waiter->done.wait();
    if (late && waits_for_turn(*run)) co_return all_busy();
  }
  co_return std::move(*waiter->result);
}

/// What is known of `value`, where that is an answer.
std::optional<Result<LinkPtr>> Resolver::known(const std::string& value, const LinkPtr& refused,
                                               const Error& why) {
  const auto found = entries_.find(value);
  if (found == entries_.end()) return std::nullopt;
  Entry& entry = found->second;
  const auto now = Clock::now();
  if (!entry.run) recent_.splice(recent_.begin(), recent_, entry.use);
  if (refused && !drop_refused(entry, refused, why)) return why;
  if (entry.link && now < entry.link->keep) {
    renew_if_due(value, entry, now);
    return entry.link;
  }
  if (!entry.run && entry.failure && now < entry.failure_ends) return *entry.failure;
  return std::nullopt;
}

/// Forgets a link that an origin has refused. False when nothing better is to be expected.
bool Resolver::drop_refused(Entry& entry, const LinkPtr& refused, const Error& why) {
  if (entry.link != refused) return true;  // somebody was here before
  entry.link.reset();
  entry.unworked = refused->worked ? 0 : entry.unworked + 1;
  if (entry.unworked < 2) return true;
  entry.unworked = 1;  // the next one to ask after a while may try once more
  entry.failure = why;
  entry.failure_ends = Clock::now() + failure_memory;
  return false;
}

void Resolver::touch(const std::string& value) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(value);
  if (found != entries_.end()) renew_if_due(value, found->second, Clock::now());
}

void Resolver::renew_if_due(const std::string& value, const Entry& entry, Clock::time_point now) {
  if (!entry.link || entry.run || now < entry.renew) return;
  const bool is_kept = entry.link->renew < entry.link->keep;  // else nobody would use the new one
  if (!is_kept) return;
  if (const auto run = run_of(value)) (*run)->for_nobody = true;
}

/// The run that looks for `value` now, or a new one at the end of the queue, if that is not full.
Result<std::shared_ptr<Resolver::Run>> Resolver::run_of(const std::string& value) {
  const auto found = entries_.find(value);
  if (found != entries_.end() && found->second.run) return found->second.run;
  if (queue_.size() >= most_waiting) return all_busy();
  if (found != entries_.end()) recent_.erase(found->second.use);
  const auto run = std::make_shared<Run>();
  run->value = value;
  run->place = queue_.insert(queue_.end(), run);
  entries_[value].run = run;
  io::asio::post(runner_, [self = shared_from_this()] { self->start_waiting_runs(); });
  return run;
}

/// The entry's run has ended or was dropped: from now on the entry may be forgotten, at once if it
/// says nothing.
void Resolver::end_run(Entries::iterator place) {
  Entry& entry = place->second;
  entry.run.reset();
  if (!entry.link && !entry.failure && entry.unworked == 0) {
    entries_.erase(place);
    return;
  }
  entry.use = recent_.insert(recent_.begin(), &place->first);
  if (recent_.size() <= most_links) return;
  entries_.erase(entries_.find(*recent_.back()));
  recent_.pop_back();
}

bool Resolver::waits_for_turn(const Run& run) {
  const std::lock_guard lock(mutex_);
  return run.place.has_value();
}

void Resolver::leave(Run& run, const std::shared_ptr<Waiter>& waiter) {
  const std::lock_guard lock(mutex_);
  run.waiters.erase(waiter);
  if (!run.place || run.for_nobody || !run.waiters.empty()) return;
  queue_.erase(*run.place);
  run.place.reset();
  end_run(entries_.find(run.value));
}

void Resolver::start_waiting_runs() {
  for (;;) {
    std::shared_ptr<Run> run;
    std::optional<Error> refused;
    {
      const std::lock_guard lock(mutex_);
      if (queue_.empty() || (running_.size() >= options_.max_running && !stopped_)) return;
      run = std::move(queue_.front());
      queue_.pop_front();
      run->place.reset();
      if (stopped_) {
        refused = Error{ErrorKind::draining, "stopped before its link was looked for", {}};
      } else if (run->waiters.empty() && Clock::now() - run->queued > options_.timeout) {
        refused = all_busy();  // those who wait look at the clock themselves
      } else {
        running_.push_back(run);
      }
    }
    if (refused) {
      settle(run, *refused);
    } else {
      start_run(run);
    }
  }
}

void Resolver::start_run(const std::shared_ptr<Run>& run) {
  Result<void> begun;
  try {
    begun = begin_run(run);
  } catch (const std::exception& thrown) {
    begun = unexpected(thrown);
  }
  if (!begun) settle(run, begun.error());
}

Result<void> Resolver::begin_run(const std::shared_ptr<Run>& run) {
  const Result<std::vector<std::string>> words = fill_command(options_.command, run->value);
  if (!words) return words.error();
  const auto command = std::make_shared<CommandRun>(
      runner_, [self = shared_from_this(), run](const CommandResult& result) {
        self->finish_run(run, result);
      });
  command->start(*words, options_.timeout);
  run->command = command;
  return {};
}

void Resolver::finish_run(const std::shared_ptr<Run>& run, const CommandResult& result) {
  run->command.reset();
  Result<LinkPtr> link = LinkPtr();
  try {
    if (!result.complaints.empty()) {
      spdlog::debug("a resolver's command said of \"{}\": {}", joined_lines(run->value),
                    joined_lines(result.complaints));
    }
    link = read_link(result);
  } catch (const std::exception& thrown) {
    link = unexpected(thrown);
  }
  settle(run, link);
  start_waiting_runs();
}

Result<LinkPtr> Resolver::read_link(const CommandResult& result) const {
  if (result.end != CommandResult::End::exited || result.status != 0) {
    return failure_of(result, options_.timeout);
  }
  Result<ResolverAnswer> answer = read_resolver_answer(result.output);
  if (!answer) {
    Error error = answer.error();
    const std::string words = last_words(result.complaints);
    if (!words.empty()) error.detail += "; it said: " + words;
    return error;
  }
  const auto link = std::make_shared<Link>();
  const auto found =
      std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const LinkLifetime lifetime = link_lifetime(answer->url.text, found, options_.ttl);
  const auto now = Clock::now();
  link->answer = std::move(*answer);
  link->renew = now + lifetime.renew;
  link->keep = now + lifetime.keep;
  if (lifetime.stated) link->stated = now + *lifetime.stated;
  return LinkPtr(link);
}

/// A run has ended: what it brought is known from now on, and told to those who wait.
void Resolver::settle(const std::shared_ptr<Run>& run, const Result<LinkPtr>& result) {
  std::unordered_set<std::shared_ptr<Waiter>> waiters;
  {
    const std::lock_guard lock(mutex_);
    std::erase(running_, run);
    const auto place = entries_.find(run->value);
    Entry& entry = place->second;
    const auto now = Clock::now();
    if (result) {
      entry.link = *result;
      entry.renew = (*result)->renew;
      entry.failure.reset();
    } else if (entry.link) {  // renewed in vain: again, but not at once
      entry.renew = now + std::max<Clock::duration>(failure_memory, (entry.link->keep - now) / 2);
    } else if (result.error().kind != ErrorKind::draining &&
               result.error().kind != ErrorKind::connection_limit_reached) {
      entry.failure = result.error();
      entry.failure_ends = now + failure_memory;
    }
    waiters.swap(run->waiters);
    end_run(place);
  }
  while (!waiters.empty()) {
    // It is handed over, not shared: what it waits with may be destroyed on its own loop only.
    std::shared_ptr<Waiter> waiter = std::move(waiters.extract(waiters.begin()).value());
    const io::Executor loop = waiter->executor;
    io::asio::post(loop, [waiter = std::move(waiter), result] {
      waiter->result = result;
      waiter->done.notify();
    });
  }
}

void Resolver::stop() {
  std::vector<std::shared_ptr<Run>> running;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    running = running_;
  }
  for (const auto& run : running) {
    if (run->command) run->command->stop();
  }
  start_waiting_runs();
}

}  // namespace tonearm::source
