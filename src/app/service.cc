#include "app/service.h"

#include "tonearm/catalog/check_catalog.h"
#include "tonearm/server/listen_address.h"

#include "app/descriptor_limit.h"
#include "app/exit_deadline.h"
#include "app/layer_options.h"
#include "app/listeners.h"
#include "app/load_config.h"
#include "app/logging.h"
#include "app/process.h"
#include "app/serving_loop.h"
#include "app/supervisor.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <list>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace tonearm::app {

namespace asio = io::asio;

/// From the cancelling of all work on: no more than it takes to unwind it.
constexpr std::chrono::seconds longest_end{10};

struct Service::State {
  State(const Config& from, std::function<Config()> again)
      : config(std::make_shared<const Config>(from)), reread(std::move(again)) {}

  void start_loops();
  void wait_for_end();
  void wait_for_hangup();
  void on_end(int number);
  void reload();
  io::Task<void> work_off_reloads();
  io::Task<void> read_anew();
  Config read_again();
  io::Task<void> check_changed_statements(const Config& fresh);
  void use(Config fresh);
  void go_on_with_the_old(const char* why);
  void look_at_catalog(std::string occasion);
  void drain();
  void cancel();
  void limit_the_end();
  void one_loop_drained();
  void one_loop_stopped();
  void watch(std::chrono::microseconds interval);
  bool loops_live(std::chrono::nanoseconds limit) const;
  std::string status() const;

  std::optional<ExitDeadline> end_limit;  ///< First, so that it counts for all that ends below.
  std::shared_ptr<const Config> config;   ///< What new requests are served with.
  const std::function<Config()> reread;
  // The main thread's own loop: signals, and what the other loops report.
  asio::io_context context{1};
  // Two, for of one set Asio hands out the lowest number first, as long as there is one.
  asio::signal_set ends{context, SIGINT, SIGTERM};
  asio::signal_set hangups{context, SIGHUP};
  asio::steady_timer drain_limit{context};
  asio::steady_timer watchdog{context};
  Process process;
  std::list<ServingLoop> loops;
  std::size_t undrained = 0;
  std::size_t running = 0;
  std::size_t reloads = 0;  ///< The one that runs, and one that was asked for meanwhile.
  bool draining = false;
  bool cancelled = false;
};

Service::Service(const Config& config, std::function<Config()> reread)
    : state_(std::make_unique<State>(config, std::move(reread))) {}

Service::~Service() {
  if (state_->process.cache) state_->process.cache->stop();
  state_->process.pool.join();
  state_->process.files_pool.join();
  state_->process.browsing_pool.join();
  state_->process.resolvers.stop();
  for (ServingLoop& loop : state_->loops) loop.stop();
}

namespace {

/// On a pool: a locked catalog takes 2 s to tell from one that is there.
io::Task<void> warn_unless_readable(io::BlockingPool& pool, catalog::CatalogOptions options,
                                    std::string occasion) {
  const std::stop_token stop = options.stop;
  auto check = [options = std::move(options)] { return catalog::check_catalog(options); };
  const auto catalog = co_await pool.run(std::move(check));
  if (catalog || stop.stop_requested()) co_return;
  spdlog::warn("{}{}: answering 503 until it is there", occasion, catalog.error().detail);
}

void make_room_for_clients(const Config& config, std::size_t loops) {
  const std::string shortage = raise_descriptor_limit(config, loops);
  if (!shortage.empty()) spdlog::warn("{}", shortage);
}

void log_addresses(std::string_view what, const std::vector<server::ListeningSocket>& sockets) {
  for (const auto& socket : sockets) {
    spdlog::info("{} {}{}", what, server::to_text(socket.address()),
                 socket.is_inherited() ? ", passed by the service manager" : "");
  }
}

/// With the last set that wants a signal Asio gives it back to the system, for which it is the end
/// of a process that ends well. These want them for as long as there is a process.
void keep_signals_from_killing() {
  static auto* const context = new asio::io_context(1);
  static auto* const signals = new asio::signal_set(*context, SIGINT, SIGTERM, SIGHUP);
  static_cast<void>(signals);
}

std::size_t loop_count(const Config& config) {
  if (config.server.threads != 0) return config.server.threads;
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

Result<void> Service::open() {
  State& state = *state_;
  const std::size_t count = loop_count(*state.config);
  make_room_for_clients(*state.config, count);
  Result<Listeners> listeners = open_all_listeners(*state.config, count);
  if (!listeners) return listeners.error();
  server::AccessLogOptions log;
  log.target = state.config->log.access;
  auto opened = server::AccessLog::open(std::move(log), state.process.shared.metrics);
  if (!opened) return opened.error();
  state.process.shared.access_log = std::move(*opened);
  state.process.shared.loops = count;
  state.process.shared.list_pool = &state.process.browsing_pool;

  state.process.connections->set_most(state.config->upstream.max_connections_per_host);
  if (!state.config->cache.path.empty()) {
    state.process.cache = std::make_unique<cache::Cache>(cache_options(*state.config));
    state.process.shared.cache = state.process.cache.get();
  }

  log_addresses("listening on", listeners->clients.front());
  log_addresses("admin: listening on", listeners->admin);
  for (std::size_t i = 0; i < count; ++i) {
    ServingLoop& loop = state.loops.emplace_back(state.process, *state.config, i);
    std::vector<server::ListeningSocket> admin;
    if (i == 0) admin = std::move(listeners->admin);
    loop.listen(std::move(listeners->clients[i]), std::move(admin));
  }
  return {};
}

void Service::run() {
  State& state = *state_;
  state.wait_for_end();
  state.wait_for_hangup();
  keep_signals_from_killing();
  state.running = state.loops.size();
  state.start_loops();
  state.look_at_catalog("");
  if (const auto interval = watchdog_interval()) state.watch(*interval);
  notify_ready(state.status());
  state.context.run();
}

void Service::State::start_loops() {
  try {
    for (ServingLoop& loop : loops) loop.start();
  } catch (...) {
    // Those that run must not ask the pools any more, which end before them.
    for (ServingLoop& loop : loops) loop.stop();
    throw;
  }
}

void Service::State::wait_for_end() {
  ends.async_wait([this](const boost::system::error_code& error, int number) {
    if (error) return;
    on_end(number);
    wait_for_end();
  });
}

void Service::State::wait_for_hangup() {
  hangups.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    reload();
    wait_for_hangup();
  });
}

void Service::State::on_end(int number) {
  if (!draining) {
    spdlog::info("{}: draining for at most {} ms", number == SIGINT ? "SIGINT" : "SIGTERM",
                 config->server.drain.count());
    drain();
  } else {
    spdlog::warn("second signal: ending what still streams");
    cancel();
  }
}

/// One after the other: the last one read is the one that counts, and begins after it was asked
/// for.
void Service::State::reload() {
  if (!draining) notify_reloading();
  if (reloads == 2) return;
  if (++reloads == 1) asio::co_spawn(context, work_off_reloads(), asio::detached);
}

io::Task<void> Service::State::work_off_reloads() {
  for (; reloads > 0; --reloads) {
    co_await read_anew();
    if (!draining) notify_ready(status());
  }
}

io::Task<void> Service::State::read_anew() {
  try {
    Config fresh = read_again();
    co_await check_changed_statements(fresh);
    use(std::move(fresh));
    process.shared.metrics.configuration_reloaded(true);
  } catch (const std::bad_alloc&) {
    go_on_with_the_old("out of memory");
  } catch (const std::exception& error) {
    go_on_with_the_old(error.what());
  }
}

void Service::State::go_on_with_the_old(const char* why) {
  process.shared.metrics.configuration_reloaded(false);
  spdlog::error("reload: {}; going on with the old configuration", why);
  const Result<void> reopened = process.shared.access_log->reopen(config->log.access);
  if (!reopened) spdlog::error("reload: {}", reopened.error().detail);
}

/// What can fail of it does so here and not on the loops: a first resolver starts a thread.
Config Service::State::read_again() {
  Config fresh = reread();
  try {
    if (!fresh.resolvers.empty()) process.resolvers.start();
  } catch (const std::system_error& error) {
    throw ConfigError("resolver: no thread to run its commands: " + error.code().message());
  }
  return fresh;
}

/// SQL that the catalog refuses would be 503 for all that plays by the old one.
io::Task<void> Service::State::check_changed_statements(const Config& fresh) {
  if (fresh.catalog == config->catalog) co_return;
  auto check = [options = catalog_options(fresh, process)] {
    return catalog::check_statements(options);
  };
  const auto taken = co_await process.browsing_pool.run(std::move(check));
  if (!taken) throw ConfigError(taken.error().detail);
}

/// Memory may run out: until every loop's next generation is made, nothing has changed.
void Service::State::use(Config fresh) {
  for (const std::string& key : keep_what_wants_a_restart(*config, fresh)) {
    spdlog::warn("reload: {} has changed: that wants a restart", key);
  }
  const auto next = std::make_shared<Config>(std::move(fresh));
  std::vector<std::shared_ptr<const server::Serving>> prepared;
  for (ServingLoop& loop : loops) prepared.push_back(loop.prepare(*next));
  process.connections->set_most(next->upstream.max_connections_per_host);
  if (process.cache) process.cache->change(cache_options(*next));
  const Result<void> reopened = process.shared.access_log->reopen(next->log.access);
  if (!reopened) {
    spdlog::error("reload: {}; the old log goes on", reopened.error().detail);
    next->log.access = config->log.access;
    const Result<void> old = process.shared.access_log->reopen(config->log.access);
    if (!old) spdlog::error("reload: {}", old.error().detail);
  }
  set_log_level(next->log.level);
  make_room_for_clients(*next, loops.size());
  config = next;
  auto its = prepared.begin();
  for (ServingLoop& loop : loops) loop.reconfigure(std::move(*its++));
  spdlog::info("reload: configuration read{}", reopened ? ", logs reopened" : "");
  look_at_catalog("reload: ");
}

void Service::State::look_at_catalog(std::string occasion) {
  asio::co_spawn(context,
                 warn_unless_readable(process.browsing_pool, catalog_options(*config, process),
                                      std::move(occasion)),
                 asio::detached);
}

void Service::State::drain() {
  draining = true;
  process.shared.draining = true;
  notify_stopping("draining, " + status());
  undrained = loops.size();
  for (ServingLoop& loop : loops) {
    loop.drain([this] { asio::post(context, [this] { one_loop_drained(); }); });
  }
  drain_limit.expires_after(config->server.drain);
  drain_limit.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    spdlog::warn("server.drain is over: ending what still streams");
    cancel();
  });
}

void Service::State::one_loop_drained() {
  if (--undrained == 0) cancel();
}

/// Ends what is left: after a complete drain only the admin listener.
void Service::State::cancel() {
  if (std::exchange(cancelled, true)) return;
  drain_limit.cancel();
  limit_the_end();
  for (ServingLoop& loop : loops) {
    loop.cancel_all([this] { asio::post(context, [this] { one_loop_stopped(); }); });
  }
  // After the loops were told, which then drop whatever the pools still hand them.
  process.stopping.request_stop();
}

void Service::State::limit_the_end() {
  try {
    end_limit.emplace(longest_end);
  } catch (const std::system_error& error) {
    spdlog::warn("no thread to limit how long ending takes: {}", error.what());
  }
}

void Service::State::one_loop_stopped() {
  if (--running == 0) context.stop();
}

/// Tells the watchdog that we live, as long as every loop does.
void Service::State::watch(std::chrono::microseconds interval) {
  watchdog.expires_after(interval);
  watchdog.async_wait([this, interval](const boost::system::error_code& error) {
    if (error) return;
    if (loops_live(interval)) notify_watchdog(status());
    watch(interval);
  });
}

bool Service::State::loops_live(std::chrono::nanoseconds limit) const {
  limit = std::max<std::chrono::nanoseconds>(limit, 2 * Pulse::period);
  return std::ranges::all_of(loops, [&](const ServingLoop& loop) {
    if (loop.pulse().silence() <= limit) return true;
    spdlog::error("{} is stuck: the watchdog is not told that we live", loop.name());
    return false;
  });
}

std::string Service::State::status() const {
  const server::Shared& shared = process.shared;
  return std::to_string(shared.streams.count()) + " streams, " +
         std::to_string(shared.connections) + " connections";
}

}  // namespace tonearm::app
