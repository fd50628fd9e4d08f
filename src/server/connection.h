#pragma once

#include "tonearm/base/result.h"
#include "tonearm/io/deadline.h"
#include "tonearm/io/progress_watch.h"

#include "server/acceptor.h"
#include "server/loop.h"
#include "server/overloaded.h"
#include "server/request.h"
#include "server/request_reader.h"
#include "server/response_writer.h"
#include "server/socket.h"
#include "server/unsent_limit.h"

#include <boost/asio/cancellation_signal.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tonearm::server {

/// One client's socket and the coroutine that serves it, request after request. Everything happens
/// on its loop.
class Connection final : public std::enable_shared_from_this<Connection>, private SendObserver {
 public:
  enum class Role : std::uint8_t {
    client,
    refused,  ///< One too many: told so, and closed.
    admin,
  };

  /// `shortage`: why it is refused, if it is.
  Connection(std::shared_ptr<Loop> loop, Socket socket, Peer peer, Role role,
             Shortage shortage = Shortage::connections);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Role role() const { return role_; }

  void start();
  /// Closes it if it is idle; what it is answering goes on.
  void drain();
  /// Unwinds whatever it is doing; an answer under way ends with `why`, and a reset.
  void cancel(Error why);

 private:
  /// What it waits for; decides what an expired deadline means.
  enum class Phase : std::uint8_t {
    fresh,       ///< For the first byte of its first request.
    idle,        ///< For the first byte of another.
    head,        ///< For the rest of a head.
    answering,   ///< For the handler, or for the client to take bytes.
    discarding,  ///< For bytes that nobody wants.
  };

  /// The PROXY header that each connection begins with; false when it does not come.
  io::Task<bool> read_proxy_header();

  static io::Task<void> run(std::shared_ptr<Connection> self);
  io::Task<void> serve();

  /// client_gone: to be closed without a word.
  io::Task<Result<std::string_view>> read_head();
  /// Why waiting on makes no sense.
  std::optional<Error> give_up_waiting() const;

  /// Whether the connection lives on.
  io::Task<bool> serve_request(std::string_view text);
  /// Answers that there will be no answer, and closes.
  io::Task<void> refuse(Error why);
  /// `trusted`: the peer is one of server.trusted_proxies.
  io::Task<Result<void>> answer(const http::RequestHead& head, const Serving& serving, bool trusted,
                                Responder& responder);
  /// Whether the client was told; else the connection is reset.
  io::Task<bool> tell(Error error, Responder& responder);
  bool dismiss(Responder& responder);
  void introduce(const http::RequestHead& head, const Serving& serving, bool trusted,
                 Responder& responder);

  /// Drops bytes that nobody wants, a request's body; false when they do not come.
  io::Task<bool> discard_body(std::uint64_t size);
  /// Lets the answer arrive before the close, whatever the client still sends (RFC 9112 §9.6).
  io::Task<void> close_gently(bool client_expects_it);
  io::Task<void> wait_readable();

  void enter(Phase phase, io::Clock::duration limit);
  void on_expiry();
  void look_for_progress();
  void watch_for_reset();
  void look_for_reset();
  void close();

  // SendObserver
  void on_sent(std::uint64_t bytes, std::uint64_t body_bytes) override;
  void on_blocked() override;
  void on_unblocked() override;

  const std::shared_ptr<Loop> loop_;
  Socket socket_;
  Peer peer_;
  std::optional<Address> client_;  ///< Of the request that is being answered.
  std::string client_text_;        ///< Made anew only when the client is another. Empty at first.
  const Role role_;
  const Shortage shortage_;
  RequestReader reader_;
  UnsentLimit unsent_;
  /// Sees a slow client take bytes. Writing does not show it: a socket becomes writable again only
  /// when much of its queue has gone. The queue's length does: it shrinks with each byte that the
  /// client's kernel has taken.
  io::ProgressWatch progress_;
  io::Deadline deadline_;
  io::asio::cancellation_signal signal_;
  Phase phase_ = Phase::fresh;
  bool expired_ = false;   ///< The deadline of this phase.
  bool watching_ = false;  ///< A wait for a reset is pending.
  std::optional<Error> cancelled_;
  Exchange* exchange_ = nullptr;               ///< Of the request that is being answered.
  std::chrono::milliseconds send_timeout_{0};  ///< That it began with.
};

}  // namespace tonearm::server
