#include "source/connector.h"

#include "source/address_guard.h"
#include "source/curl_error.h"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <new>
#include <utility>

namespace tonearm::source {
namespace {

// libcurl may want to go on at once for long: then the loop's other work comes in between.
constexpr int most_turns = 4;

template <typename Handle>
Handle* made(Handle* handle) {
  if (handle == nullptr) throw std::bad_alloc();
  return handle;
}

}  // namespace

/// One watched descriptor. Shared with its pending waits: a handler that comes late finds it
/// closed.
struct Connector::Watch {
  Watch(io::Executor executor, curl_socket_t watched) : fd(watched), descriptor(executor) {}

  curl_socket_t fd;
  io::asio::posix::basic_stream_descriptor<io::Executor> descriptor;  ///< Never closed: libcurl's.
  int want = CURL_POLL_NONE;
  bool waiting_read = false;
  bool waiting_write = false;
  bool closed = false;
};

Connector::Attempt::Attempt(Connector& connector, const OriginUrl& url, bool private_allowed,
                            Client& client)
    : connector_(connector),
      client_(client),
      private_allowed_(private_allowed),
      tls_(url.scheme == "https") {
  CURL* easy = connector.make_handle();
  handle_.emplace(connector.multi_, easy);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_URL, url.text.c_str());
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Attempt::on_open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, said_.data());
}

void Connector::Attempt::start() {
  Connector& connector = connector_;  // it may be over, and gone, at once
  const bool nested = std::exchange(connector.busy_, true);
  curl_multi_add_handle(connector.multi_, handle_->get());
  if (!nested) connector.settle();
}

curl_socket_t Connector::Attempt::on_open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& attempt = *static_cast<Attempt*>(self);
  if (!attempt.private_allowed_ && is_private_address(address->addr)) {
    attempt.prohibited_ = true;
    return CURL_SOCKET_BAD;
  }
  return attempt.connector_.open_socket(*address);
}

void Connector::Attempt::finish(CURLcode code) {
  if (code != CURLE_OK) return client_.on_connected(failure(code));
  CURL* easy = handle_->get();
  curl_socket_t socket = CURL_SOCKET_BAD;
  curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket);
  curl_off_t took = 0;
  curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &took);
  // The attempt may be gone before the connection is.
  curl_easy_setopt(easy, CURLOPT_PRIVATE, nullptr);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);
  const io::Executor executor = connector_.executor_;
  Connected connected{nullptr, std::chrono::microseconds(took)};
  if (tls_) {
    connected.connection =
        std::make_unique<OriginConnection>(executor, std::move(*handle_), socket);
  } else {
    connected.connection =
        std::make_unique<OriginConnection>(executor, connector_.take_socket(handle_, socket));
  }
  client_.on_connected(std::move(connected));
}

Error Connector::Attempt::failure(CURLcode code) const {
  if (prohibited_) {
    return {ErrorKind::destination_ip_prohibited,
            "the origin's address is private and not allowed by upstream.allow_private",
            {}};
  }
  return error_of_curl(code, handle_->get(), said_.data());
}

Connector::Connector(io::Executor executor, const HttpOptions& options)
    : executor_(executor),
      options_(options),
      multi_(made(curl_multi_init())),
      share_(made(curl_share_init())),
      timer_(
          executor, [this] { act(CURL_SOCKET_TIMEOUT, 0); }, io::Deadline::Late::expires) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Connector::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Connector::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

Connector::~Connector() {
  busy_ = true;  // what cleanup calls back must not start anything
  curl_multi_cleanup(multi_);
  curl_share_cleanup(share_);
  while (!watches_.empty()) {
    const std::shared_ptr<Watch> watch = watches_.begin()->second;
    drop(watch);
  }
}

CURL* Connector::make_handle() {
  CURL* easy = made(curl_easy_init());
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_SHARE, share_);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // Without it, removing a handle waits for its name-lookup thread.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options_.connect_timeout.count()));
  if (!options_.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);  // Debian's libcurl has the system's as well
  }
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &Connector::on_close_socket);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  return easy;
}

curl_socket_t Connector::open_socket(const curl_sockaddr& address) {
  const int fd = ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  // libcurl (7.88) has closed one of this number that did not connect, and may believe that it
  // still has it watched.
  const auto found = watches_.find(fd);
  if (found == watches_.end()) return fd;
  const int want = found->second->want;
  drop(std::shared_ptr<Watch>(found->second));
  if (const std::shared_ptr<Watch> watch = watch_of(fd)) {
    watch->want = want;
    arm(watch);
  }
  return fd;
}

/// The socket out of a handle, which ends.
io::OwnedDescriptor Connector::take_socket(std::optional<ConnectingHandle>& handle,
                                           curl_socket_t socket) {
  taken_ = socket;
  handle.reset();
  taken_ = CURL_SOCKET_BAD;
  return io::OwnedDescriptor(socket);
}

/// Forgets a watch, but not the socket: that is libcurl's, and it may be closed already.
void Connector::drop(const std::shared_ptr<Watch>& watch) {
  watches_.erase(watch->fd);
  watch->closed = true;
  watch->descriptor.release();
}

int Connector::on_close_socket(void* self, curl_socket_t fd) {
  auto& connector = *static_cast<Connector*>(self);
  const auto found = connector.watches_.find(fd);
  if (found != connector.watches_.end()) connector.drop(std::shared_ptr<Watch>(found->second));
  return fd == connector.taken_ ? 0 : ::close(fd);
}

/// Null when the system does not let it be watched: what waits for it then ends by its deadline.
/// Nothing may be thrown through libcurl.
std::shared_ptr<Connector::Watch> Connector::watch_of(curl_socket_t fd) {
  if (const auto known = watches_.find(fd); known != watches_.end()) return known->second;
  auto watch = std::make_shared<Watch>(executor_, fd);
  boost::system::error_code failed;
  watch->descriptor.assign(fd, failed);
  if (failed) return nullptr;
  watches_.emplace(fd, watch);
  return watch;
}

int Connector::on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
  auto& connector = *static_cast<Connector*>(self);
  if (what == CURL_POLL_REMOVE) {
    // libcurl (7.88) closes what did not connect without a word, and its number is somebody else's
    // the next moment.
    const auto found = connector.watches_.find(fd);
    if (found != connector.watches_.end()) connector.drop(std::shared_ptr<Watch>(found->second));
    return 0;
  }
  const std::shared_ptr<Watch> watch = connector.watch_of(fd);
  if (!watch) return 0;
  watch->want = what;
  connector.arm(watch);
  return 0;
}

int Connector::on_timer(CURLM*, long timeout_ms, void* self) {
  auto& connector = *static_cast<Connector*>(self);
  connector.due_now_ = timeout_ms == 0 && connector.busy_;
  if (timeout_ms < 0 || connector.due_now_) {
    connector.timer_.clear();
  } else {
    connector.timer_.expire_after(std::chrono::milliseconds(timeout_ms));
  }
  return 0;
}

void Connector::arm(const std::shared_ptr<Watch>& watch) {
  using Descriptor = io::asio::posix::descriptor_base;
  const auto wait = [&](Descriptor::wait_type what, int wanted, int mask, bool Watch::*waiting) {
    if ((watch->want & wanted) == 0 || std::exchange((*watch).*waiting, true)) return;
    watch->descriptor.async_wait(
        what, [this, watch, wanted, mask, waiting](const boost::system::error_code& error) {
          (*watch).*waiting = false;
          if (watch->closed || error || (watch->want & wanted) == 0) return;
          act(watch->fd, mask);
          if (!watch->closed) arm(watch);
        });
  };
  wait(Descriptor::wait_read, CURL_POLL_IN, CURL_CSELECT_IN, &Watch::waiting_read);
  wait(Descriptor::wait_write, CURL_POLL_OUT, CURL_CSELECT_OUT, &Watch::waiting_write);
}

void Connector::act(curl_socket_t fd, int mask) {
  int running = 0;
  const bool nested = std::exchange(busy_, true);
  curl_multi_socket_action(multi_, fd, mask, &running);
  if (!nested) settle();
}

/// Reports what has ended, and does what libcurl wants to do at once.
void Connector::settle() {
  int running = 0;
  int queued = 0;
  for (int turn = 1;; ++turn) {
    while (CURLMsg* message = curl_multi_info_read(multi_, &queued)) {
      if (message->msg != CURLMSG_DONE) continue;
      Attempt* attempt = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &attempt);
      attempt->finish(message->data.result);
    }
    if (!std::exchange(due_now_, false)) break;
    if (turn == most_turns) {
      timer_.expire_after({});
      break;
    }
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  }
  busy_ = false;
}

}  // namespace tonearm::source
