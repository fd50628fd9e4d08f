#include "source/resolver.h"

#include "source/link_lifetime.h"
#include "source/resolver_command.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
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
  bool for_nobody = false;  ///< A renewal in the background: it counts although nobody waits.
  std::vector<std::shared_ptr<Waiter>> waiters;  ///< Guarded by the resolver's mutex.
  std::shared_ptr<CommandRun> command;           ///< Only on the runner's loop.
};

/// Takes a waiter off its run, however its wait ends.
class Resolver::Waiting {
 public:
  Waiting(Resolver& resolver, Run& run, Waiter& waiter)
      : resolver_(resolver), run_(run), waiter_(waiter) {}
  ~Waiting() {
    const std::lock_guard lock(resolver_.mutex_);
    std::erase_if(run_.waiters, [this](const auto& one) { return one.get() == &waiter_; });
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  Resolver& resolver_;
  Run& run_;
  Waiter& waiter_;
};

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
    const auto now = Clock::now();
    Entry& entry = entry_of(value);
    if (refused && !drop_refused(entry, refused, why)) co_return why;
    if (entry.link && now < entry.link->keep) {
      renew_if_due(value, entry, now);
      co_return entry.link;
    }
    if (!entry.run && entry.failure && now < entry.failure_ends) co_return *entry.failure;
    run = run_of(value, entry);
    run->waiters.push_back(waiter);
  }
  const Waiting waiting(*this, *run, *waiter);
  while (!waiter->result) co_await waiter->done.wait();
  co_return std::move(*waiter->result);
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

void Resolver::renew_if_due(const std::string& value, Entry& entry, Clock::time_point now) {
  if (!entry.link || entry.run || now < entry.renew) return;
  run_of(value, entry)->for_nobody = true;
}

Resolver::Entry& Resolver::entry_of(const std::string& value) {
  const auto [place, is_new] = entries_.try_emplace(value);
  Entry& entry = place->second;
  if (is_new) {
    entry.use = recent_.insert(recent_.begin(), &place->first);
    forget_oldest();
  } else {
    recent_.splice(recent_.begin(), recent_, entry.use);
  }
  return entry;
}

void Resolver::forget_oldest() {
  if (entries_.size() <= most_links) return;
  const auto oldest = std::find_if(recent_.rbegin(), std::prev(recent_.rend()),
                                   [this](const auto* key) { return !entries_.at(*key).run; });
  if (oldest == std::prev(recent_.rend())) return;  // but for the newest, all of them run
  const std::string key = **oldest;
  recent_.erase(entries_.at(key).use);
  entries_.erase(key);
}

/// The run that looks for `value` now, or a new one at the end of the queue.
std::shared_ptr<Resolver::Run> Resolver::run_of(const std::string& value, Entry& entry) {
  if (entry.run) return entry.run;
  entry.run = std::make_shared<Run>();
  entry.run->value = value;
  queue_.push_back(entry.run);
  io::asio::post(runner_, [self = shared_from_this()] { self->start_waiting_runs(); });
  return entry.run;
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
      if (run->waiters.empty() && !run->for_nobody) {
        entries_.at(run->value).run.reset();
        continue;
      }
      if (stopped_) {
        refused = Error{ErrorKind::draining, "stopped before its link was looked for", {}};
      } else if (Clock::now() - run->queued > options_.timeout) {
        refused = Error{ErrorKind::connection_limit_reached,
                        "all of the resolver's max_running are busy", std::chrono::seconds(5)};
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
  const Result<std::vector<std::string>> words = fill_command(options_.command, run->value);
  if (!words) return settle(run, words.error());
  const auto command = std::make_shared<CommandRun>(
      runner_, [self = shared_from_this(), run](const CommandResult& result) {
        self->finish_run(run, result);
      });
  run->command = command;
  command->start(*words, options_.timeout);
}

void Resolver::finish_run(const std::shared_ptr<Run>& run, const CommandResult& result) {
  run->command.reset();
  if (!result.complaints.empty()) {
    spdlog::debug("a resolver's command said of \"{}\": {}", one_line(run->value),
                  one_line(result.complaints));
  }
  settle(run, read_link(result));
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
  std::vector<std::shared_ptr<Waiter>> waiters;
  {
    const std::lock_guard lock(mutex_);
    std::erase(running_, run);
    Entry& entry = entries_.at(run->value);
    entry.run.reset();
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
    waiters = std::move(run->waiters);
    run->waiters.clear();
  }
  for (auto& waiter : waiters) {
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
