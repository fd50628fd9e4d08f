#pragma once

#include "tonearm/base/result.h"
#include "tonearm/io/deadline.h"
#include "tonearm/io/task.h"
#include "tonearm/source/http_options.h"

#include "source/origin_connection.h"
#include "source/origin_url.h"

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <unordered_map>

namespace tonearm::source {

/// Connects to origins: libcurl looks their names up, tries their addresses (RFC 8305) and speaks
/// TLS, on one loop, its sockets watched by Asio. What is said over a connection is not its
/// business.
///
/// Rules that keep it sound (docs/architecture.md): socket_action is never called from inside a
/// libcurl callback; a socket's watch outlives its pending waits. Not thread-safe; outlives its
/// attempts and the connections that it has made.
class Connector {
 public:
  struct Connected {
    std::unique_ptr<OriginConnection> connection;
    std::chrono::microseconds took;  ///< Up to TCP's handshake, with the name lookup.
  };

  /// Who wants to be connected.
  class Client {
   public:
    virtual ~Client() = default;

    /// Not before Attempt::start(); may destroy the attempt, and begin another.
    virtual void on_connected(Result<Connected> connected) = 0;
  };

  /// One attempt, within upstream.connect_timeout; given up when it is destroyed.
  class Attempt {
   public:
    /// `private_allowed`: also to a private address (upstream.allow_private).
    Attempt(Connector& connector, const OriginUrl& url, bool private_allowed, Client& client);
    ~Attempt() = default;
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    void start();

   private:
    friend class Connector;

    static curl_socket_t on_open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
    void finish(CURLcode code);
    Error failure(CURLcode code) const;

    Connector& connector_;
    Client& client_;
    bool private_allowed_;
    bool tls_;
    bool prohibited_ = false;
    std::array<char, CURL_ERROR_SIZE> said_{};  ///< By libcurl, of what went wrong.
    std::optional<ConnectingHandle> handle_;
  };

  Connector(io::Executor executor, const HttpOptions& options);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

 private:
  struct Watch;

  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* socket_data);
  static int on_timer(CURLM* multi, long timeout_ms, void* self);
  static int on_close_socket(void* self, curl_socket_t fd);

  CURL* make_handle();
  curl_socket_t open_socket(const curl_sockaddr& address);
  io::OwnedDescriptor take_socket(std::optional<ConnectingHandle>& handle, curl_socket_t socket);
  std::shared_ptr<Watch> watch_of(curl_socket_t fd);
  void drop(const std::shared_ptr<Watch>& watch);
  void arm(const std::shared_ptr<Watch>& watch);
  void act(curl_socket_t fd, int mask);
  void settle();

  io::Executor executor_;
  const HttpOptions& options_;
  CURLM* multi_;
  CURLSH* share_;  ///< TLS sessions, so that an origin that is known costs one round trip less.
  std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches_;
  curl_socket_t taken_ = CURL_SOCKET_BAD;  ///< One that libcurl is to leave open.
  io::Deadline timer_;
  bool busy_ = false;     ///< Calls libcurl, and settle() comes after that.
  bool due_now_ = false;  ///< libcurl wants to be called at once.
};

}  // namespace tonearm::source
