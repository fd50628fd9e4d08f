#include "server/acceptor.h"

#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

namespace tonearm::server {
namespace {

/// Between two looks at the loop's other work.
constexpr int most_at_once = 32;
/// Without descriptors or memory: how long to leave the queue alone.
constexpr std::chrono::milliseconds retry_delay{100};
constexpr std::chrono::seconds warn_interval{10};

std::optional<Address> address_of(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    return io::asio::ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    io::asio::ip::address_v6::bytes_type bytes;
    std::ranges::copy(v6.sin6_addr.s6_addr, bytes.begin());
    return io::asio::ip::address_v6(bytes, v6.sin6_scope_id);
  }
  return std::nullopt;
}

/// Whether it was the one connection's that was about to be accepted: Linux hands on what the
/// network said of it, and EPERM is a firewall's (accept(2)).
bool is_of_connection(int error) {
  constexpr std::array errors{EINTR,  ECONNABORTED, EPROTO,     ENETDOWN,    ENOPROTOOPT, EHOSTDOWN,
                              ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, EPERM};
  return std::ranges::find(errors, error) != errors.end();
}

io::OwnedDescriptor spare_descriptor() {
  return io::OwnedDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace

Acceptor::Acceptor(io::Executor executor, ListeningSocket listener, OnAccept on_accept,
                   OnRefuse on_refuse)
    : executor_(executor),
      reserve_(spare_descriptor()),
      listener_(std::move(listener)),
      watch_(executor, listener_->descriptor()),
      retry_(executor),
      on_accept_(std::move(on_accept)),
      on_refuse_(std::move(on_refuse)) {}

Acceptor::~Acceptor() { close(); }

void Acceptor::start() {
  watch_.async_wait(watch_.wait_read, [self = shared_from_this()](boost::system::error_code error) {
    if (!error && self->listener_) self->accept_some();
  });
}

void Acceptor::accept_some() {
  for (int i = 0; i < most_at_once && listener_; ++i) {
    const Accepted accepted = accept_one();
    if (accepted == Accepted::failed) return accept_later();
    if (accepted == Accepted::none) break;
  }
  if (listener_) start();
}

void Acceptor::accept_waiting() {
  while (listener_ && !listener_->is_inherited() && accept_one() == Accepted::one) {
  }
}

void Acceptor::accept_later() {
  retry_.expires_after(retry_delay);
  retry_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error && self->listener_) self->accept_some();
  });
}

io::OwnedDescriptor Acceptor::take_client(Peer& peer) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  io::OwnedDescriptor client(::accept4(listener_->descriptor(),
                                       reinterpret_cast<sockaddr*>(&storage), &size,
                                       SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (client.valid()) peer = {address_of(storage), listener_->address().is_unix()};
  return client;
}

Acceptor::Accepted Acceptor::accept_one() {
  if (!reserve_.valid()) reserve_ = spare_descriptor();  // another had been quicker
  Peer peer;
  io::OwnedDescriptor client = take_client(peer);
  if (!client.valid()) {
    const int error = errno;
    if (error == EAGAIN) return Accepted::none;
    if (is_of_connection(error)) return Accepted::one;
    warn(error);
    return error == EMFILE || error == ENFILE ? refuse_one() : Accepted::failed;
  }
  const bool is_v4 = peer.address && peer.address->is_v4();
  const int family = peer.unix_socket ? AF_UNIX : is_v4 ? AF_INET : AF_INET6;
  Socket socket(executor_);
  boost::system::error_code failed;
  socket.assign(io::asio::generic::stream_protocol(family, peer.unix_socket ? 0 : IPPROTO_TCP),
                client.get(), failed);
  if (failed) return Accepted::failed;
  client.release();  // it is the socket's
  try {
    on_accept_(std::move(socket), std::move(peer));
  } catch (const std::bad_alloc&) {
    warn(ENOMEM);
    return Accepted::failed;
  }
  return Accepted::one;
}

Acceptor::Accepted Acceptor::refuse_one() {
  if (!reserve_.valid()) return Accepted::failed;
  reserve_ = {};
  Accepted accepted = Accepted::one;
  {
    Peer peer;
    const io::OwnedDescriptor client = take_client(peer);
    // Without descriptors accept fails also where nobody waits.
    if (!client.valid()) accepted = errno == EAGAIN ? Accepted::none : Accepted::failed;
    try {
      if (client.valid()) on_refuse_(client.get(), peer);
    } catch (const std::bad_alloc&) {
      warn(ENOMEM);
    }
  }
  reserve_ = spare_descriptor();
  // Somebody else may have been quicker.
  return reserve_.valid() ? accepted : Accepted::failed;
}

void Acceptor::warn(int error_number) {
  const auto now = io::Clock::now();
  if (now < warned_ + warn_interval) return;
  warned_ = now;
  spdlog::warn("cannot accept on {}: {}", to_text(listener_->address()),
               std::generic_category().message(error_number));
}

void Acceptor::close() {
  if (!listener_) return;
  retry_.cancel();
  watch_.release();  // the descriptor is the listener's
  listener_.reset();
}

}  // namespace tonearm::server
