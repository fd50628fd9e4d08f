#pragma once

#include "tonearm/io/deadline.h"
#include "tonearm/io/task.h"

#include "source/open_sockets.h"

#include <curl/curl.h>

#include <memory>
#include <unordered_map>

namespace tonearm::source {

/// libcurl's multi interface on one loop: its sockets watched by Asio, its timer lazy.
///
/// Rules that keep it sound (docs/architecture.md): socket_action is never called from inside a
/// libcurl callback; whoever waits for a transfer is woken by posting; a socket's watch outlives
/// its pending waits. Not thread-safe.
class CurlMulti {
 public:
  /// One transfer, as the multi sees it. Set as CURLOPT_PRIVATE before add().
  class Client {
   public:
    virtual ~Client() = default;

    /// False while there is no room for what a read would bring: the socket is then left alone,
    /// which is all the backpressure that HTTP/1.1 over TCP needs.
    virtual bool wants_data() const = 0;
    /// The transfer has ended and its handle left the multi. Must not remove or resume inline; it
    /// may add the same handle again.
    virtual void on_done(CURLcode code) = 0;

   private:
    friend class CurlMulti;
    /// Of two connections that libcurl tries side by side, the one that it spoke of last.
    struct Watch* watch_ = nullptr;
    std::weak_ptr<OpenSocket> socket_;  ///< Of use_connection(): the request goes out there.
  };

  /// `max_idle`: connections kept for reuse.
  CurlMulti(io::Executor executor, long max_idle);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  /// Has the sockets of this handle closed here (CURLOPT_CLOSESOCKETFUNCTION); to be called once
  /// for each pooled handle.
  void adopt(CURL* easy);

  void add(CURL* easy);
  void remove(CURL* easy);
  /// There is room again: a socket that was left alone is read.
  void resume(Client& client);
  /// Lets libcurl hand out again what its write callback refused (CURL_WRITEFUNC_PAUSE).
  void unpause(CURL* easy);

  /// Creates a socket, of which `owner` is told until it is closed. For
  /// CURLOPT_OPENSOCKETFUNCTION.
  curl_socket_t open_socket(const curl_sockaddr& address, std::shared_ptr<SocketOwner> owner);
  /// To be told of each connection over which a request is about to go out
  /// (CURLOPT_PREREQFUNCTION): what libcurl wants watched comes too late to tell that a kept one is
  /// in use, and not at all while the transfer is paused at once. Returns its socket;
  /// CURL_SOCKET_BAD when it was not opened here.
  curl_socket_t use_connection(Client& client, const ConnectionEnds& ends);
  /// Whether bytes stand in a connection that was kept and that `easy` is about to use: nobody has
  /// asked for them, and libcurl (7.88) would take them for the next answer. It looks only whether
  /// such a one is closed.
  static bool holds_strays(CURL* easy, curl_socket_t socket);

 private:
  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* socket_data);
  static int on_timer(CURLM* multi, long timeout_ms, void* self);
  static int on_close_socket(void* self, curl_socket_t fd);

  std::shared_ptr<Watch> watch_of(curl_socket_t fd);
  void drop(const std::shared_ptr<Watch>& watch);
  static void attach(Watch& watch, Client& client);
  static void detach(Watch& watch);
  void leave_socket(const Client& client);
  void give_up(const std::shared_ptr<Watch>& watch);
  void sweep();
  void arm(const std::shared_ptr<Watch>& watch);
  void ready(const std::shared_ptr<Watch>& watch, int mask);
  void act(curl_socket_t fd, int mask);
  /// Runs the timer that libcurl set to 0, and reports what has ended.
  void settle();

  io::Executor executor_;
  CURLM* multi_;
  std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches_;
  OpenSockets opened_;  ///< By open_socket().
  io::Deadline timer_;
  CURL* sweeper_;  ///< Connects nowhere.
  io::Deadline sweep_;
  bool due_now_ = false;  ///< libcurl wants to be called at once.
  bool settling_ = false;
};

}  // namespace tonearm::source
