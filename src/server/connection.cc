#include "server/connection.h"

#include "server/admin_handler.h"
#include "server/proxy_protocol.h"
#include "server/request_id.h"
#include "server/router.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <spdlog/spdlog.h>

#include <poll.h>

#include <exception>
#include <utility>

namespace tonearm::server {
namespace {

/// A body that came with a GET is dropped up to this size; a larger one costs the connection.
constexpr std::uint64_t most_discarded_body = 64 * 1024;
/// How much, and for how long, is read from a client so that a last answer reaches it.
constexpr std::uint64_t most_discarded_at_close = 1024 * 1024;
constexpr std::chrono::seconds linger_time{2};
/// While draining: how long a connection that was just made may take to ask.
constexpr std::chrono::seconds fresh_grace{1};

Error gone(std::string_view why = {}) {
  return Error{ErrorKind::client_gone, std::string(why), {}};
}

bool body_costs_connection(const http::RequestHead& head) {
  return head.chunked || head.content_length > most_discarded_body || head.has(http::field::expect);
}

}  // namespace

Connection::Connection(std::shared_ptr<Loop> loop, Socket socket, Peer peer, Role role,
                       Shortage shortage)
    : loop_(std::move(loop)),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      role_(role),
      shortage_(shortage),
      reader_(socket_, loop_->scratch()),
      deadline_(loop_->executor(), [this] { on_expiry(); }) {
  if (role_ == Role::client) ++loop_->shared().connections;
  if (role_ != Role::admin) loop_->shared().metrics.connection_opened();
}

Connection::~Connection() {
  if (role_ == Role::client) --loop_->shared().connections;
  if (role_ != Role::admin) loop_->shared().metrics.connection_closed();
  loop_->remove(*this);
}

void Connection::start() {
  // The coroutine uses the signal until its completion has been told, past run()'s own frame.
  auto keep = [self = shared_from_this()](const std::exception_ptr&) {};
  io::asio::co_spawn(loop_->executor(), run(shared_from_this()),
                     io::asio::bind_cancellation_slot(signal_.slot(), std::move(keep)));
}

void Connection::drain() {
  boost::system::error_code ignored;
  if (phase_ == Phase::idle) socket_.cancel(ignored);
  if (phase_ == Phase::fresh) deadline_.expire_after(fresh_grace);
}

void Connection::cancel(Error why) {
  if (cancelled_) return;
  cancelled_ = std::move(why);
  io::asio::post(loop_->executor(), [self = shared_from_this()] {
    self->signal_.emit(io::asio::cancellation_type::terminal);
  });
}

io::Task<void> Connection::run(std::shared_ptr<Connection> self) {
  try {
    co_await self->serve();
  } catch (const std::exception& error) {
    if (!self->cancelled_) spdlog::error("a connection ended with an exception: {}", error.what());
  }
  self->close();
}

io::Task<void> Connection::serve() {
  // It may have been accepted, and asked something, later than this turn of the loop began: what
  // was looked up in this turn is older than the question.
  co_await io::asio::post(io::use_task);
  if (role_ == Role::refused) co_return co_await refuse(overloaded(shortage_));
  if (role_ == Role::client && loop_->serving()->options.proxy_protocol) {
    if (!co_await read_proxy_header()) co_return;
  }
  for (bool alive = true; alive;) {
    Result<std::string_view> text = co_await read_head();
    if (text) {
      alive = co_await serve_request(*text);
    } else {
      alive = false;
      if (text.error().kind != ErrorKind::client_gone) co_await refuse(text.error());
    }
  }
}

io::Task<bool> Connection::read_proxy_header() {
  const auto header_timeout = loop_->serving()->options.header_timeout;
  enter(Phase::fresh, header_timeout);
  if (loop_->draining()) drain();
  Result<std::optional<ProxyHeader>> header = std::optional<ProxyHeader>();
  for (;;) {
    header = parse_proxy_header(reader_.received());
    if (!header || *header) break;
    const auto received = reader_.receive();
    if (received == RequestReader::Received::end || expired_) co_return false;
    if (received == RequestReader::Received::nothing) co_await wait_readable();
    if (received == RequestReader::Received::some && phase_ == Phase::fresh) {
      enter(Phase::head, header_timeout);
    }
  }
  if (!header) {
    spdlog::debug("{}: {}", to_text(peer_.address), header.error().detail);
    co_return false;
  }
  if ((*header)->source) peer_.address = (*header)->source;
  const bool came = co_await discard_body((*header)->size);
  phase_ = Phase::fresh;
  co_return came;
}

io::Task<Result<std::string_view>> Connection::read_head() {
  const Options& options = loop_->serving()->options;
  const auto header_timeout = options.header_timeout;
  const bool fresh = phase_ == Phase::fresh;
  if (fresh && loop_->draining()) {
    enter(Phase::fresh, fresh_grace);
  } else {
    enter(fresh ? Phase::fresh : Phase::idle, options.idle_timeout);
  }
  // The first request has often come with the connection; later ones are worth a wait first.
  bool readable = fresh || loop_->draining();
  for (;;) {
    if (const auto head = reader_.head()) {
      deadline_.clear();
      co_return *head;
    }
    if (const auto refusal = reader_.refusal()) co_return *refusal;
    if (!reader_.empty() && phase_ != Phase::head) enter(Phase::head, header_timeout);
    if (readable) {
      const auto received = reader_.receive();
      if (received == RequestReader::Received::some) continue;
      if (received == RequestReader::Received::end) co_return gone();
    }
    if (const auto why = give_up_waiting()) co_return *why;
    reader_.release_memory();
    co_await wait_readable();
    readable = true;
  }
}

std::optional<Error> Connection::give_up_waiting() const {
  if (expired_ && phase_ == Phase::head) return Error{ErrorKind::request_timeout, {}, {}};
  if (expired_) return gone();
  if (phase_ == Phase::idle && loop_->draining()) return gone();
  return std::nullopt;
}

io::Task<bool> Connection::serve_request(std::string_view text) {
  phase_ = Phase::answering;
  watch_for_reset();
  const std::shared_ptr<const Serving> serving = loop_->serving();
  send_timeout_ = serving->options.send_timeout;
  const Result<http::RequestHead> head = http::parse_request_head(text);
  if (!head) {
    co_await refuse(head.error());
    co_return false;
  }
  Exchange exchange(loop_->shared(), role_ != Role::admin);
  exchange_ = &exchange;
  ResponseWriter writer(socket_, *this);
  Responder responder(writer, exchange, role_ == Role::admin ? nullptr : &serving->cors,
                      loop_->shared().draining);
  const bool trusted = serving->options.trusted_proxies.trusts(peer_.address);
  introduce(*head, *serving, trusted, responder);
  bool answered = true;
  try {
    Result<void> done = co_await answer(*head, *serving, trusted, responder);
    if (!done) answered = co_await tell(done.error(), responder);
  } catch (const std::exception& error) {
    exchange.fail(cancelled_ ? *cancelled_ : Error{ErrorKind::internal, error.what(), {}});
    answered = false;
  }
  const bool dismissed = !answered && dismiss(responder);
  exchange_ = nullptr;
  exchange.finish();
  if (!answered) {
    if (!dismissed) reset(socket_);
    co_return false;
  }
  const std::uint64_t body = head->content_length;
  const bool client_expects_close = !head->keep_alive && body == 0 && !head->chunked;
  reader_.consume_head();
  if (responder.closes()) {
    co_await close_gently(client_expects_close);
    co_return false;
  }
  if (body == 0) co_return true;
  co_return co_await discard_body(body);
}

void Connection::introduce(const http::RequestHead& head, const Serving& serving, bool trusted,
                           Responder& responder) {
  std::optional<Address> client =
      client_address(peer_.address, head, serving.options.trusted_proxies);
  if (client_text_.empty() || client != client_) {
    client_ = std::move(client);
    client_text_ = to_text(client_);
  }
  responder.exchange().set_request(head, choose_request_id(head, trusted), client_text_);
  responder.set_request(head);
  if (body_costs_connection(head)) responder.set_close();
}

io::Task<Result<void>> Connection::answer(const http::RequestHead& head, const Serving& serving,
                                          bool trusted, Responder& responder) {
  // Its target is no path (RFC 9110 §9.3.6).
  if (head.method == http::verb::connect) co_return Error{ErrorKind::method_not_allowed, {}, {}};
  const Result<http::Target> target = http::parse_target(head.target);
  if (!target) co_return target.error();
  const Request request{head,    *target,           serving, loop_->shared(),
                        client_, peer_.unix_socket, trusted, {}};
  const Handler handler = role_ == Role::admin ? &handle_admin_request : &handle_client_request;
  try {
    co_return co_await handler(request, responder);
  } catch (const std::exception& error) {
    if (cancelled_) throw;
    co_return Error{ErrorKind::internal, error.what(), {}};
  }
}

io::Task<bool> Connection::tell(Error error, Responder& responder) {
  responder.exchange().fail(error);
  if (responder.writer().started() || error.kind == ErrorKind::client_gone) co_return false;
  const Result<void> told = co_await responder.send_problem(problem_of(error));
  co_return told.has_value();
}

/// Who was cancelled because the program stops, and has not got a byte, is told so.
bool Connection::dismiss(Responder& responder) {
  if (!cancelled_ || cancelled_->kind != ErrorKind::draining) return false;
  if (responder.writer().started()) return false;
  return responder.send_problem_now(problem_of(*cancelled_));
}

io::Task<void> Connection::refuse(Error why) {
  phase_ = Phase::answering;
  deadline_.clear();
  Exchange exchange(loop_->shared(), role_ != Role::admin);
  exchange_ = &exchange;
  exchange.set_peer(make_request_id(), to_text(peer_.address));
  ResponseWriter writer(socket_, *this);
  const std::shared_ptr<const Serving> serving = loop_->serving();
  send_timeout_ = serving->options.send_timeout;
  Responder responder(writer, exchange, role_ == Role::admin ? nullptr : &serving->cors,
                      loop_->shared().draining);
  if (reader_.received().starts_with("HEAD ")) responder.set_head_only();
  const bool told = co_await tell(std::move(why), responder);
  exchange_ = nullptr;
  exchange.finish();
  if (told) co_await close_gently(false);
}

io::Task<bool> Connection::discard_body(std::uint64_t size) {
  size -= reader_.discard_received(size);
  enter(Phase::discarding, loop_->serving()->options.header_timeout);
  while (size > 0) {
    std::uint64_t dropped = 0;
    const auto received = reader_.discard_waiting(size, &dropped);
    size -= dropped;
    if (received == RequestReader::Received::end || expired_) co_return false;
    if (received == RequestReader::Received::nothing) co_await wait_readable();
  }
  co_return true;
}

io::Task<void> Connection::close_gently(bool client_expects_it) {
  boost::system::error_code ignored;
  if (client_expects_it && reader_.empty() && unread_bytes(socket_) == 0) co_return;
  socket_.shutdown(Socket::shutdown_send, ignored);
  enter(Phase::discarding, linger_time);
  for (std::uint64_t left = most_discarded_at_close; left > 0 && !expired_;) {
    std::uint64_t dropped = 0;
    const auto received = reader_.discard_waiting(left, &dropped);
    left -= dropped;
    if (received == RequestReader::Received::end) break;
    if (received == RequestReader::Received::nothing) co_await wait_readable();
  }
}

io::Task<void> Connection::wait_readable() {
  boost::system::error_code ended;  // whatever ended the wait, the next look at the socket tells
  co_await socket_.async_wait(Socket::wait_read, io::asio::redirect_error(io::use_task, ended));
}

void Connection::enter(Phase phase, io::Clock::duration limit) {
  phase_ = phase;
  expired_ = false;
  deadline_.expire_after(limit);
}

void Connection::on_expiry() {
  if (phase_ == Phase::answering) return look_for_progress();
  expired_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::look_for_progress() {
  const auto next = progress_.look(io::Clock::now(), untaken_bytes(socket_));
  if (!next) return cancel({ErrorKind::send_timeout, "took no byte for server.send_timeout", {}});
  deadline_.expire_at(*next);
}

void Connection::watch_for_reset() {
  if (watching_) return;
  watching_ = true;
  socket_.async_wait(Socket::wait_error,
                     [self = shared_from_this()](boost::system::error_code aborted) {
                       self->watching_ = false;
                       if (!aborted) self->look_for_reset();
                     });
}

void Connection::look_for_reset() {
  if (phase_ != Phase::answering) return;
  // Urgent data ends the wait as well. A client that only shut down its sending side is not gone.
  pollfd state{socket_.native_handle(), 0, 0};
  if (::poll(&state, 1, 0) > 0 && (state.revents & (POLLERR | POLLHUP)) != 0) {
    cancel(gone("reset by the client"));
  }
}

void Connection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Connection::on_sent(std::uint64_t bytes, std::uint64_t body_bytes) {
  unsent_.on_sent(bytes);
  if (exchange_ != nullptr) exchange_->add_sent(bytes, body_bytes);
}

void Connection::on_blocked() {
  const io::Clock::time_point now = io::Clock::now();
  deadline_.expire_at(progress_.begin(now, send_timeout_));
  if (peer_.unix_socket) return;
  const int before = unsent_.bytes();
  unsent_.on_full(now);
  if (unsent_.bytes() != before) limit_unsent(socket_, unsent_.bytes());
}

void Connection::on_unblocked() { deadline_.clear(); }

}  // namespace tonearm::server
