#pragma once

#include <curl/curl.h>

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

/// The sockets of a loop that libcurl holds, and which of them a connection is: libcurl (7.88) does
/// not say so before it has used it. Not thread-safe; owns no socket.
class OpenSockets {
 public:
  void insert(curl_socket_t socket) { sockets_.try_emplace(socket); }
  void erase(curl_socket_t socket);
  bool contains(curl_socket_t socket) const { return sockets_.contains(socket); }

  /// The socket of an established connection; CURL_SOCKET_BAD when it is none of these. Cheap for
  /// one that was found before.
  curl_socket_t find(const ConnectionEnds& ends);

 private:
  std::unordered_map<curl_socket_t, std::string> sockets_;  ///< And its ends, once it was found.
  std::unordered_map<std::string, curl_socket_t> found_;
};

}  // namespace tonearm::source
