#pragma once

#include "tonearm/base/result.h"
#include "tonearm/io/owned_descriptor.h"
#include "tonearm/io/task.h"

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace tonearm::source {

/// A libcurl handle in a multi handle; the connection that it has made (CURLOPT_CONNECT_ONLY) ends
/// with it. Gone before the multi is.
class ConnectingHandle {
 public:
  /// Takes over `easy`, which is in `multi`.
  ConnectingHandle(CURLM* multi, CURL* easy) : multi_(multi), easy_(easy) {}
  ConnectingHandle(ConnectingHandle&& other) noexcept
      : multi_(other.multi_), easy_(std::exchange(other.easy_, nullptr)) {}
  ConnectingHandle& operator=(ConnectingHandle&&) = delete;
  ~ConnectingHandle();

  CURL* get() const { return easy_; }

 private:
  CURLM* multi_;
  CURL* easy_;
};

/// An established connection to an origin: a socket, or TLS that libcurl speaks over one. Whoever
/// uses it is told when it is readable and writable. One loop; not thread-safe.
class OriginConnection {
 public:
  /// Whom it serves. Called from the loop, once for each wait; may destroy the connection.
  class User {
   public:
    virtual ~User() = default;

    virtual void on_readable() = 0;
    virtual void on_writable() {}
  };

  OriginConnection(io::Executor executor, io::OwnedDescriptor socket);
  /// TLS: the socket is libcurl's.
  OriginConnection(io::Executor executor, ConnectingHandle tls, int socket);
  ~OriginConnection();
  OriginConnection(const OriginConnection&) = delete;
  OriginConnection& operator=(const OriginConnection&) = delete;

  /// Null: nobody. Those before are told no more.
  void set_user(User* user);
  void wait_readable();
  void wait_writable();

  /// At most `into.size()` bytes. Empty: none are there yet; 0: the origin has ended it.
  Result<std::optional<std::size_t>> receive(std::span<std::byte> into);
  /// How many of them went out; 0: there is no room yet.
  Result<std::size_t> send(std::span<const std::byte> bytes);

  /// After a receive() of as many bytes as were asked for, and with TLS of any, there may be more
  /// that no wait tells of.
  bool may_hold_more(std::size_t received, std::size_t asked) const {
    return tls_ || received == asked;
  }
  /// Nothing is to be read, and it has not ended: fit for another request (RFC 9112 §6.3: strays
  /// would be taken for its answer). What it looks at is gone afterwards.
  bool is_quiet();

  bool is_tls() const { return tls_.has_value(); }
  /// The origin's address is a private one.
  bool is_private() const { return private_; }

 private:
  struct Watch;

  Result<std::optional<std::size_t>> receive_tls(std::span<std::byte> into);
  Result<std::size_t> send_tls(std::span<const std::byte> bytes);
  void look_at_peer();

  io::OwnedDescriptor socket_;  ///< None with TLS.
  std::optional<ConnectingHandle> tls_;
  int number_;  ///< Of the socket.
  bool private_ = true;
  std::shared_ptr<Watch> watch_;
};

}  // namespace tonearm::source
