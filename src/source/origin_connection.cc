#include "source/origin_connection.h"

#include "source/address_guard.h"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace tonearm::source {
namespace {

Error broken_connection(const char* what, const std::string& why) {
  return {ErrorKind::connection_terminated, std::string(what) + ": " + why, {}};
}

Error broken_connection(const char* what, int error) {
  return broken_connection(what, std::generic_category().message(error));
}

}  // namespace

ConnectingHandle::~ConnectingHandle() {
  if (easy_ == nullptr) return;
  curl_multi_remove_handle(multi_, easy_);
  curl_easy_cleanup(easy_);
}

/// Shared with its pending waits: a handler that comes late finds it closed.
struct OriginConnection::Watch : std::enable_shared_from_this<Watch> {
  using Descriptor = io::asio::posix::basic_stream_descriptor<io::Executor>;

  Watch(io::Executor executor, int socket) : descriptor(executor) {
    boost::system::error_code failed;
    descriptor.assign(socket, failed);
    unwatched = failed.failed();
  }

  void wait(Descriptor::wait_type what, bool Watch::*waiting, void (User::*tell)()) {
    if (unwatched || std::exchange(this->*waiting, true)) return;
    descriptor.async_wait(
        what, [self = shared_from_this(), waiting, tell](const boost::system::error_code& error) {
          (*self).*waiting = false;
          if (!error && self->user != nullptr) (self->user->*tell)();
        });
  }

  Descriptor descriptor;  ///< Of a socket that it does not close.
  User* user = nullptr;
  bool waiting_read = false;
  bool waiting_write = false;
  bool unwatched = false;  ///< The system refuses; who waits runs into a deadline.
};

OriginConnection::OriginConnection(io::Executor executor, io::OwnedDescriptor socket)
    : socket_(std::move(socket)),
      number_(socket_.get()),
      watch_(std::make_shared<Watch>(executor, number_)) {
  look_at_peer();
}

OriginConnection::OriginConnection(io::Executor executor, ConnectingHandle tls, int socket)
    : tls_(std::move(tls)), number_(socket), watch_(std::make_shared<Watch>(executor, number_)) {
  look_at_peer();
}

OriginConnection::~OriginConnection() {
  watch_->user = nullptr;
  watch_->descriptor.release();
}

void OriginConnection::look_at_peer() {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  auto* generic = reinterpret_cast<sockaddr*>(&peer);
  private_ = ::getpeername(number_, generic, &size) != 0 || is_private_address(*generic);
}

void OriginConnection::set_user(User* user) { watch_->user = user; }

void OriginConnection::wait_readable() {
  watch_->wait(Watch::Descriptor::wait_read, &Watch::waiting_read, &User::on_readable);
}

void OriginConnection::wait_writable() {
  watch_->wait(Watch::Descriptor::wait_write, &Watch::waiting_write, &User::on_writable);
}

Result<std::optional<std::size_t>> OriginConnection::receive(std::span<std::byte> into) {
  using Received = std::optional<std::size_t>;
  if (tls_) return receive_tls(into);
  const ssize_t count = ::recv(number_, into.data(), into.size(), MSG_DONTWAIT);
  if (count >= 0) return Received(static_cast<std::size_t>(count));
  if (errno == EAGAIN || errno == EINTR) return Received();
  return broken_connection("the connection to the origin broke", errno);
}

Result<std::optional<std::size_t>> OriginConnection::receive_tls(std::span<std::byte> into) {
  using Received = std::optional<std::size_t>;
  std::size_t count = 0;
  const CURLcode code = curl_easy_recv(tls_->get(), into.data(), into.size(), &count);
  if (code == CURLE_OK) return Received(count);
  if (code == CURLE_AGAIN) return Received();
  return broken_connection("the TLS connection to the origin broke", curl_easy_strerror(code));
}

Result<std::size_t> OriginConnection::send(std::span<const std::byte> bytes) {
  if (tls_) return send_tls(bytes);
  const ssize_t count = ::send(number_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
  return broken_connection("the connection to the origin broke", errno);
}

Result<std::size_t> OriginConnection::send_tls(std::span<const std::byte> bytes) {
  std::size_t count = 0;
  const CURLcode code = curl_easy_send(tls_->get(), bytes.data(), bytes.size(), &count);
  if (code == CURLE_OK) return count;
  if (code == CURLE_AGAIN) return std::size_t{0};
  return broken_connection("the TLS connection to the origin broke", curl_easy_strerror(code));
}

bool OriginConnection::is_quiet() {
  std::byte next{};
  if (tls_) {
    const auto received = receive_tls({&next, 1});
    return received && !*received;
  }
  const ssize_t count = ::recv(number_, &next, 1, MSG_DONTWAIT | MSG_PEEK);
  return count < 0 && (errno == EAGAIN || errno == EINTR);
}

}  // namespace tonearm::source
