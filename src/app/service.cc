#include "app/service.h"

#include "tonearm/catalog/sqlite_song_store.h"
#include "tonearm/io/blocking_pool.h"
#include "tonearm/server/listen_address.h"
#include "tonearm/server/loop_server.h"

#include "app/layer_options.h"
#include "app/sources.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <list>
#include <thread>
#include <utility>

namespace tonearm::app {

namespace asio = io::asio;

/// One thread with everything that lives on it.
class Service::Loop {
 public:
  Loop(server::Shared& shared, io::BlockingPool& pool, const Config& config, std::size_t loops)
      : store_(context_.get_executor(), pool, catalog_options(config)),
        source_(make_sources(context_.get_executor(), config, loops)),
        server_(context_, shared, server_options(config), store_, source_, no_resolvers()) {}

  void listen(std::vector<server::ListeningSocket> clients,
              std::vector<server::ListeningSocket> admin) {
    server_.start(std::move(clients), std::move(admin));
  }

  void start() {
    thread_ = std::thread([this] { context_.run(); });
  }

  void drain(std::function<void()> on_drained) {
    asio::post(context_, [this, on_drained = std::move(on_drained)]() mutable {
      server_.drain(std::move(on_drained));
    });
  }

  void cancel_all(std::function<void()> on_stopped) {
    asio::post(context_, [this, on_stopped = std::move(on_stopped)]() mutable {
      server_.cancel_all(std::move(on_stopped));
    });
  }

  /// Only when nothing runs on it any more.
  void stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  // One thread runs it: no locks inside.
  asio::io_context context_{1};
  asio::executor_work_guard<io::Executor> work_{context_.get_executor()};
  catalog::SqliteSongStore store_;
  source::SourceSet source_;
  server::LoopServer server_;
  std::thread thread_;
};

struct Service::State {
  explicit State(const Config& from) : config(from) {}

  void on_signal(int number);
  void reopen_log();
  void drain();
  void cancel();
  void one_loop_drained();
  void one_loop_stopped();

  const Config config;
  // The main thread's own loop: signals, and what the other loops report.
  asio::io_context context{1};
  asio::signal_set signals{context, SIGINT, SIGTERM, SIGHUP};
  asio::steady_timer drain_limit{context};
  server::Shared shared;
  io::BlockingPool pool{4};
  std::list<Loop> loops;
  std::size_t undrained = 0;
  std::size_t running = 0;
  bool draining = false;
  bool cancelled = false;
};

Service::Service(const Config& config) : state_(std::make_unique<State>(config)) {}

Service::~Service() {
  state_->pool.join();
  for (Loop& loop : state_->loops) loop.stop();
}

namespace {

Result<std::vector<server::ListenAddress>> parse_all(const std::vector<std::string>& texts) {
  std::vector<server::ListenAddress> addresses;
  for (const std::string& text : texts) {
    Result<server::ListenAddress> address = server::parse_listen_address(text);
    if (!address) return address.error();
    addresses.push_back(std::move(*address));
  }
  return addresses;
}

std::size_t loop_count(const Config& config) {
  if (config.server.threads != 0) return config.server.threads;
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

Result<void> Service::open() {
  State& state = *state_;
  const std::size_t count = loop_count(state.config);
  Result<std::vector<server::ListenAddress>> clients = parse_all(state.config.server.listen);
  if (!clients) return clients.error();
  Result<std::vector<server::ListenAddress>> admin = parse_all(state.config.admin.listen);
  if (!admin) return admin.error();
  auto client_sockets = server::open_listeners(*clients, count);
  if (!client_sockets) return client_sockets.error();
  auto admin_sockets = server::open_listeners(*admin, 1);
  if (!admin_sockets) return admin_sockets.error();
  server::AccessLogOptions log;
  log.target = state.config.log.access;
  auto opened = server::AccessLog::open(std::move(log), state.shared.metrics);
  if (!opened) return opened.error();
  state.shared.access_log = std::move(*opened);

  for (const auto& socket : client_sockets->front()) {
    spdlog::info("listening on {}", server::to_text(socket.address()));
  }
  for (std::size_t i = 0; i < count; ++i) {
    Loop& loop = state.loops.emplace_back(state.shared, state.pool, state.config, count);
    std::vector<server::ListeningSocket> admin_of_loop;
    if (i == 0 && !admin_sockets->empty()) admin_of_loop = std::move(admin_sockets->front());
    loop.listen(std::move((*client_sockets)[i]), std::move(admin_of_loop));
  }
  return {};
}

void Service::run() {
  State& state = *state_;
  const auto wait = [&state](const auto& again) -> void {
    state.signals.async_wait([&state, again](const boost::system::error_code& error, int number) {
      if (error) return;
      state.on_signal(number);
      again(again);
    });
  };
  wait(wait);
  state.running = state.loops.size();
  for (Loop& loop : state.loops) loop.start();
  state.context.run();
}

void Service::State::on_signal(int number) {
  if (number == SIGHUP) {
    reopen_log();
  } else if (!draining) {
    spdlog::info("{}: draining for at most {} ms", number == SIGINT ? "SIGINT" : "SIGTERM",
                 config.server.drain.count());
    drain();
  } else {
    spdlog::warn("second signal: ending what still streams");
    cancel();
  }
}

void Service::State::reopen_log() {
  const Result<void> reopened = shared.access_log ? shared.access_log->reopen() : Result<void>{};
  if (!reopened) spdlog::error("SIGHUP: {}", reopened.error().detail);
  spdlog::warn("SIGHUP: logs reopened; this version reads its configuration at the start only");
}

void Service::State::drain() {
  draining = true;
  shared.draining = true;
  undrained = loops.size();
  for (Loop& loop : loops) {
    loop.drain([this] { asio::post(context, [this] { one_loop_drained(); }); });
  }
  drain_limit.expires_after(config.server.drain);
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
  for (Loop& loop : loops) {
    loop.cancel_all([this] { asio::post(context, [this] { one_loop_stopped(); }); });
  }
}

void Service::State::one_loop_stopped() {
  if (--running == 0) context.stop();
}

}  // namespace tonearm::app
