#include "tonearm/server/loop_server.h"

#include "server/loop.h"

#include <utility>

namespace tonearm::server {

LoopServer::LoopServer(io::asio::io_context& loop, Shared& shared, const Options& options,
                       catalog::SongStore& store, source::Source& source, IsResolver is_resolver,
                       std::shared_ptr<const void> owner)
    : loop_(std::make_shared<Loop>(
          loop.get_executor(), shared,
          prepare(options, store, source, std::move(is_resolver), std::move(owner)))) {}

LoopServer::~LoopServer() { loop_->close_listeners(); }

void LoopServer::start(std::vector<ListeningSocket> clients, std::vector<ListeningSocket> admin) {
  loop_->start(std::move(clients), std::move(admin));
}

std::shared_ptr<const Serving> LoopServer::prepare(const Options& options,
                                                   catalog::SongStore& store,
                                                   source::Source& source, IsResolver is_resolver,
                                                   std::shared_ptr<const void> owner) {
  return std::make_shared<const Serving>(options, store, source, std::move(is_resolver),
                                         std::move(owner));
}

void LoopServer::reconfigure(std::shared_ptr<const Serving> prepared) noexcept {
  loop_->reconfigure(std::move(prepared));
}

void LoopServer::drain(std::function<void()> on_drained) { loop_->drain(std::move(on_drained)); }

void LoopServer::cancel_all(std::function<void()> on_stopped) {
  loop_->cancel_all(std::move(on_stopped));
}

std::size_t LoopServer::connections() const { return loop_->client_connections(); }

}  // namespace tonearm::server
