#include "app/serving_loop.h"

#include <boost/asio/post.hpp>

#include <pthread.h>

#include <utility>

namespace tonearm::app {

namespace asio = io::asio;

ServingLoop::ServingLoop(Process& process, const Config& config, std::size_t number)
    : process_(process),
      name_("loop " + std::to_string(number)),
      pulse_(context_.get_executor(), [this](std::chrono::nanoseconds late) {
        process_.shared.metrics.loop_was_late(late);
      }) {
  const auto first = std::make_shared<Generation>(context_.get_executor(), process_, config);
  server_ =
      std::make_unique<server::LoopServer>(context_, process_.shared, first->options, first->store,
                                           first->source, first->is_resolver, first);
}

void ServingLoop::listen(std::vector<server::ListeningSocket> clients,
                         std::vector<server::ListeningSocket> admin) {
  server_->start(std::move(clients), std::move(admin));
}

void ServingLoop::start() {
  pulse_.start();
  thread_ = std::thread([this] { context_.run(); });
  pthread_setname_np(thread_.native_handle(), name_.c_str());
}

std::shared_ptr<const server::Serving> ServingLoop::prepare(const Config& config) {
  const auto next = std::make_shared<Generation>(context_.get_executor(), process_, config);
  return server::LoopServer::prepare(next->options, next->store, next->source, next->is_resolver,
                                     next);
}

void ServingLoop::reconfigure(std::shared_ptr<const server::Serving> prepared) {
  asio::post(context_, [this, prepared = std::move(prepared)]() mutable {
    server_->reconfigure(std::move(prepared));
  });
}

void ServingLoop::drain(std::function<void()> on_drained) {
  asio::post(context_, [this, on_drained = std::move(on_drained)]() mutable {
    server_->drain(std::move(on_drained));
  });
}

void ServingLoop::cancel_all(std::function<void()> on_stopped) {
  asio::post(context_, [this, on_stopped = std::move(on_stopped)]() mutable {
    server_->cancel_all(std::move(on_stopped));
  });
}

void ServingLoop::stop() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace tonearm::app
