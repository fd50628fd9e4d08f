#include "source/curl_multi.h"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <openssl/ssl.h>

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <new>
#include <utility>

namespace tonearm::source {
namespace {

// libcurl (7.88) looks for ended connections once a second at most. What it has not looked for
// since the last one ended, it looks for then.
constexpr std::chrono::milliseconds sweep_delay{1100};

// libcurl may want to go on at once for as long as an origin sends: then the loop's other work
// comes in between.
constexpr int most_turns = 4;

/// A transfer that fails before it has a socket.
CURL* make_sweeper() {
  CURL* easy = curl_easy_init();
  if (easy == nullptr) throw std::bad_alloc();
  const curl_opensocket_callback refuse = [](void*, curlsocktype, curl_sockaddr*) -> curl_socket_t {
    return CURL_SOCKET_BAD;
  };
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1:9/");
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);  // somebody may have an origin there
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, refuse);
  return easy;
}

/// What came in one TLS record with the end of an answer stands in the socket no more.
bool holds_strays_of_tls(CURL* easy) {
  curl_tlssessioninfo* tls = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &tls) != CURLE_OK || tls == nullptr) {
    return false;
  }
  if (tls->backend != CURLSSLBACKEND_OPENSSL || tls->internals == nullptr) return false;
  return SSL_has_pending(static_cast<const SSL*>(tls->internals)) == 1;
}

}  // namespace

/// One watched descriptor. Shared with its pending waits: a handler that comes late finds it
/// closed.
struct Watch {
  Watch(io::Executor executor, curl_socket_t watched, std::shared_ptr<OpenSocket> opened)
      : fd(watched), descriptor(executor), socket(std::move(opened)) {}

  curl_socket_t fd;
  io::asio::posix::basic_stream_descriptor<io::Executor> descriptor;  ///< Never closed: libcurl's.
  std::shared_ptr<OpenSocket> socket;  ///< Null: what libcurl's own name lookups wake it with.
  CurlMulti::Client* client = nullptr;
  int want = CURL_POLL_NONE;
  bool waiting_read = false;
  bool waiting_write = false;
  bool held = false;  ///< Readable, but the client has no room.
  bool closed = false;

  /// libcurl tells when it closes such a socket.
  bool is_connected() const { return socket && socket->is_connected(); }
  /// It keeps it for the next transfer. What it wants of the socket does not say so: of a transfer
  /// that is paused it wants nothing either.
  bool is_idle() const { return is_connected() && socket->user == nullptr; }
};

CurlMulti::CurlMulti(io::Executor executor, long max_idle)
    : executor_(executor),
      multi_(curl_multi_init()),
      timer_(
          executor, [this] { act(CURL_SOCKET_TIMEOUT, 0); }, io::Deadline::Late::expires),
      sweeper_(make_sweeper()),
      sweep_(executor, [this] { sweep(); }) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  // Set explicitly: the default shrinks after a burst, and every reconnect doubles a request's
  // cost.
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, max_idle);
}

CurlMulti::~CurlMulti() {
  settling_ = true;  // what cleanup calls back must not start anything
  curl_multi_remove_handle(multi_, sweeper_);
  curl_easy_cleanup(sweeper_);
  curl_multi_cleanup(multi_);
  while (!watches_.empty()) {
    const std::shared_ptr<Watch> watch = watches_.begin()->second;
    drop(watch);
  }
}

void CurlMulti::adopt(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &CurlMulti::on_close_socket);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
}

void CurlMulti::add(CURL* easy) {
  curl_multi_add_handle(multi_, easy);
  settle();
}

void CurlMulti::remove(CURL* easy) {
  Client* client = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &client);
  curl_multi_remove_handle(multi_, easy);
  if (client != nullptr && client->watch_ != nullptr) detach(*client->watch_);
  settle();
}

void CurlMulti::resume(Client& client) {
  if (client.watch_ == nullptr || !client.watch_->held) return;
  client.watch_->held = false;
  ready(watch_of(client.watch_->fd), CURL_CSELECT_IN);
}

void CurlMulti::unpause(CURL* easy) {
  curl_easy_pause(easy, CURLPAUSE_CONT);
  settle();
}

curl_socket_t CurlMulti::open_socket(const curl_sockaddr& address,
                                     std::shared_ptr<SocketOwner> owner) {
  const int fd = ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  opened_.insert(fd, std::move(owner));
  // libcurl has closed one of this number that did not connect, and may believe that it still has
  // it watched.
  const auto found = watches_.find(fd);
  if (found == watches_.end()) return fd;
  const std::shared_ptr<Watch> stale = found->second;
  Client* const client = stale->client;
  detach(*stale);
  drop(stale);
  const std::shared_ptr<Watch> watch = watch_of(fd);
  if (!watch) return fd;
  watch->want = stale->want;
  if (client != nullptr) attach(*watch, *client);
  arm(watch);
  return fd;
}

bool CurlMulti::holds_strays(CURL* easy, curl_socket_t socket) {
  int waiting = 0;
  const bool in_socket =
      socket != CURL_SOCKET_BAD && ::ioctl(socket, FIONREAD, &waiting) == 0 && waiting > 0;
  return in_socket || holds_strays_of_tls(easy);
}

/// Forgets a watch, but not the socket: that is libcurl's, and it may be closed already.
void CurlMulti::drop(const std::shared_ptr<Watch>& watch) {
  watches_.erase(watch->fd);
  watch->closed = true;
  watch->descriptor.release();
}

void CurlMulti::attach(Watch& watch, Client& client) {
  if (watch.client != &client) detach(watch);
  watch.client = &client;
  client.watch_ = &watch;
}

/// The client may have another watch by now: of two connections that libcurl has tried, it leaves
/// the one after it has begun with the other.
void CurlMulti::detach(Watch& watch) {
  if (watch.client != nullptr && watch.client->watch_ == &watch) watch.client->watch_ = nullptr;
  watch.client = nullptr;
}

int CurlMulti::on_close_socket(void* self, curl_socket_t fd) {
  auto& multi = *static_cast<CurlMulti*>(self);
  multi.opened_.erase(fd);
  const auto found = multi.watches_.find(fd);
  if (found != multi.watches_.end()) {
    const std::shared_ptr<Watch> watch = found->second;
    detach(*watch);
    multi.drop(watch);
  }
  return ::close(fd);
}

/// Null when the system does not let it be watched: what waits for it then ends by its deadline.
/// Nothing may be thrown through libcurl.
std::shared_ptr<Watch> CurlMulti::watch_of(curl_socket_t fd) {
  if (const auto known = watches_.find(fd); known != watches_.end()) return known->second;
  auto watch = std::make_shared<Watch>(executor_, fd, opened_.get(fd));
  boost::system::error_code failed;
  watch->descriptor.assign(fd, failed);
  if (failed) return nullptr;
  watches_.emplace(fd, watch);
  return watch;
}

int CurlMulti::on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void*) {
  auto& multi = *static_cast<CurlMulti*>(self);
  if (what == CURL_POLL_REMOVE) {
    const auto found = multi.watches_.find(fd);
    if (found == multi.watches_.end()) return 0;
    const std::shared_ptr<Watch> watch = found->second;
    watch->want = CURL_POLL_NONE;
    watch->held = false;
    detach(*watch);
    // A connection that goes to the pool keeps its watch and its pending wait. What did not connect
    // is closed by libcurl (7.88) without a word, and its number is somebody else's the next
    // moment.
    if (!watch->is_connected()) multi.drop(watch);
    return 0;
  }
  const std::shared_ptr<Watch> watch = multi.watch_of(fd);
  if (!watch) return 0;
  watch->want = what;
  Client* client = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &client);
  if (watch->socket && client != nullptr) attach(*watch, *client);
  multi.arm(watch);
  return 0;
}

curl_socket_t CurlMulti::use_connection(Client& client, const ConnectionEnds& ends) {
  const curl_socket_t fd = opened_.find(ends);
  const std::shared_ptr<OpenSocket> socket = opened_.get(fd);
  if (!socket) return fd;
  client.socket_ = socket;
  socket->user = &client;
  if (socket->owner) socket->owner->used(fd);
  return fd;
}

/// The transfer went well. libcurl has closed its connection, keeps it, or uses it for another
/// transfer already.
void CurlMulti::leave_socket(const Client& client) {
  const std::shared_ptr<OpenSocket> socket = client.socket_.lock();
  if (!socket || socket->user != &client) return;
  socket->user = nullptr;
  if (socket->owner) socket->owner->kept(socket->number);
  // The next transfer finds this wait pending, so that it costs nothing.
  if (const auto found = watches_.find(socket->number); found != watches_.end()) arm(found->second);
}

/// A kept connection that has become readable is good for nothing: it has ended, or says what
/// nobody has asked for. Behind such words libcurl would not see its end.
void CurlMulti::give_up(const std::shared_ptr<Watch>& watch) {
  char next = 0;
  const ssize_t peeked = ::recv(watch->fd, &next, 1, MSG_DONTWAIT | MSG_PEEK);
  const bool was_read_meanwhile = peeked < 0 && errno == EAGAIN;
  if (was_read_meanwhile) return arm(watch);
  ::shutdown(watch->fd, SHUT_RDWR);
  std::array<char, 16 * 1024> thrown_away;
  while (::recv(watch->fd, thrown_away.data(), thrown_away.size(), MSG_DONTWAIT) > 0) {
  }
  sweep_.expire_after(sweep_delay);
}

/// Adds a transfer that fails before it has a socket: libcurl (7.88) closes the connections that
/// have ended only when it begins with another.
void CurlMulti::sweep() {
  if (curl_multi_add_handle(multi_, sweeper_) == CURLM_OK) settle();
}

int CurlMulti::on_timer(CURLM*, long timeout_ms, void* self) {
  auto& multi = *static_cast<CurlMulti*>(self);
  multi.due_now_ = timeout_ms == 0;
  if (timeout_ms > 0) {
    multi.timer_.expire_after(std::chrono::milliseconds(timeout_ms));
  } else {
    multi.timer_.clear();
  }
  return 0;
}

void CurlMulti::arm(const std::shared_ptr<Watch>& watch) {
  using Descriptor = io::asio::posix::descriptor_base;
  const auto handler = [this, watch](int mask, bool Watch::*waiting) {
    return [this, watch, mask, waiting](const boost::system::error_code& error) {
      (*watch).*waiting = false;
      if (!watch->closed && !error) ready(watch, mask);
    };
  };
  const bool reads = (watch->want & CURL_POLL_IN) != 0 || watch->is_idle();
  if (reads && !watch->waiting_read && !watch->held) {
    watch->waiting_read = true;
    watch->descriptor.async_wait(Descriptor::wait_read,
                                 handler(CURL_CSELECT_IN, &Watch::waiting_read));
  }
  if ((watch->want & CURL_POLL_OUT) != 0 && !watch->waiting_write) {
    watch->waiting_write = true;
    watch->descriptor.async_wait(Descriptor::wait_write,
                                 handler(CURL_CSELECT_OUT, &Watch::waiting_write));
  }
}

void CurlMulti::ready(const std::shared_ptr<Watch>& watch, int mask) {
  const int wanted = mask == CURL_CSELECT_IN ? CURL_POLL_IN : CURL_POLL_OUT;
  if (watch->is_idle() && mask == CURL_CSELECT_IN) return give_up(watch);
  if ((watch->want & wanted) == 0) return;  // re-armed when it is wanted again
  if (mask == CURL_CSELECT_IN && watch->client != nullptr && !watch->client->wants_data()) {
    watch->held = true;
    return;
  }
  act(watch->fd, mask);
  if (!watch->closed) arm(watch);
}

void CurlMulti::act(curl_socket_t fd, int mask) {
  int running = 0;
  curl_multi_socket_action(multi_, fd, mask, &running);
  settle();
}

void CurlMulti::settle() {
  if (settling_) return;
  settling_ = true;
  int running = 0;
  int queued = 0;
  for (int turn = 1;; ++turn) {
    while (CURLMsg* message = curl_multi_info_read(multi_, &queued)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;  // copied out: removing frees the message
      const CURLcode code = message->data.result;
      Client* client = nullptr;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &client);
      curl_multi_remove_handle(multi_, easy);
      if (easy == sweeper_) continue;
      if (code == CURLE_OK) leave_socket(*client);
      client->on_done(code);
    }
    if (!std::exchange(due_now_, false)) break;
    if (turn == most_turns) {
      timer_.expire_after({});
      break;
    }
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  }
  settling_ = false;
}

}  // namespace tonearm::source
