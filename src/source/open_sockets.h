#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tonearm::source {

/// The two ends of a connection, as CURLOPT_PREREQFUNCTION names them.
struct ConnectionEnds {
  std::string_view remote;
  int remote_port = 0;
  std::string_view local;
  int local_port = 0;
};

/// Who a socket was opened for: told what becomes of it, within callbacks of libcurl.
class SocketOwner {
 public:
  virtual ~SocketOwner() = default;

  virtual void used(curl_socket_t socket) = 0;
  /// The transfer that used it is over, and libcurl keeps it for the next one.
  virtual void kept(curl_socket_t socket) = 0;
  virtual void closed(curl_socket_t socket) = 0;
};

struct OpenSocket {
  curl_socket_t number;
  std::shared_ptr<SocketOwner> owner;  ///< May be null.
  std::string ends;                    ///< Once it was found.
  const void* user = nullptr;          ///< The transfer that uses it; null while it is kept.

  bool is_connected() const { return !ends.empty(); }
};

/// The sockets of a loop that libcurl holds, and which of them a connection is: libcurl (7.88) does
/// not say so before it has used it. Not thread-safe; owns no socket.
class OpenSockets {
 public:
  void insert(curl_socket_t socket, std::shared_ptr<SocketOwner> owner = nullptr);
  void erase(curl_socket_t socket);
  /// Null when it is none of these.
  std::shared_ptr<OpenSocket> get(curl_socket_t socket) const;

  /// The socket of an established connection; CURL_SOCKET_BAD when it is none of these. Cheap for
  /// one that was found before.
  curl_socket_t find(const ConnectionEnds& ends);

 private:
  std::unordered_map<curl_socket_t, std::shared_ptr<OpenSocket>> sockets_;
  std::unordered_map<std::string, curl_socket_t> found_;
};

}  // namespace tonearm::source
