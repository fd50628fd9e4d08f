#include "source/routed_client.h"

#include <boost/asio/steady_timer.hpp>

#include <string>
#include <utility>

namespace tonearm::source {
namespace {

/// Another way may help. A 2xx that makes no sense is not a refusal; a 412 says that it has
/// changed.
bool is_refusal(unsigned status) { return status >= 300 && status != 412; }

/// The start of a refusal's body: enough to say why. Nobody waits for it past `deadline`.
io::Task<std::string> read_start(Transfer& transfer, io::Clock::time_point deadline) {
  constexpr std::size_t enough = 4096;
  std::string text;
  while (text.size() < enough) {
    Result<std::span<const std::byte>> bytes = co_await transfer.read(deadline);
    if (!bytes || bytes->empty()) break;
    text.append(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }
  co_return text;
}

}  // namespace

RoutedClient::RoutedClient(HttpClient& client, std::unique_ptr<Route> route)
    : client_(client), route_(std::move(route)) {}

void RoutedClient::ask_whether(const std::optional<http::Validators>& known) {
  conditional_ = known.has_value();
  if (known) route_->ask_whether(*known);
}

void RoutedClient::expect(const http::Validators& described) {
  conditional_ = false;
  route_->expect(described);
}

void RoutedClient::stay_at(const OriginUrl& url) {
  if (url.text != (moved_ ? *moved_ : route_->destination().url).text) moved_ = url;
}

io::Task<Result<Reply>> RoutedClient::ask(std::optional<http::ByteRange> range, RetryBudget& budget,
                                          io::Clock::time_point& deadline) {
  for (;;) {
    if (delivered_) deadline = io::Clock::now() + client_.options().first_byte_timeout;
    Result<Reply> reply = co_await ask_once(range, deadline);
    Error error;
    if (reply) {
      const bool unasked = reply->answer.kind == Answer::Kind::unchanged && !conditional_;
      const bool again_or_never =
          is_failure(reply->answer) || reply->answer.kind == Answer::Kind::retry || unasked;
      if (!again_or_never) co_return reply;
      error = reply->answer.error;
      client_.retire(std::move(reply->transfer));
    } else {
      error = reply.error();
    }
    Result<void> again = co_await wait_before_retry(std::move(error), budget, deadline);
    if (!again) co_return again.error();
  }
}

io::Task<Result<Reply>> RoutedClient::ask_once(std::optional<http::ByteRange> range,
                                               io::Clock::time_point& deadline) {
  for (;;) {
    if (!route_->ready()) {
      const auto before = io::Clock::now();
      Result<void> prepared = co_await route_->prepare();
      if (!prepared) co_return prepared.error();
      deadline += io::Clock::now() - before;
    }
    Question question;
    question.destination = &route_->destination();
    question.moved = moved_ ? &*moved_ : nullptr;
    question.range = range;
    question.follow_redirects = route_->follows_redirects();
    question.deadline = deadline;
    Result<Reply> reply = co_await client_.ask(question, use_);
    if (!reply) co_return reply;
    if (!is_failure(reply->answer)) {
      if (reply->answer.kind != Answer::Kind::retry) route_->accepted();
      co_return reply;
    }
    if (!is_refusal(reply->transfer->head().status)) co_return reply;
    Result<void> renewed = co_await renew(*reply, deadline);
    if (!renewed) {
      const bool no_store = reply->answer.error.no_store;  // the route has not seen the head
      reply->answer.error = renewed.error();
      reply->answer.error.no_store = no_store;
      co_return reply;
    }
    client_.retire(std::move(reply->transfer));
  }
}

/// Whether there is another way to what was just refused.
io::Task<Result<void>> RoutedClient::renew(Reply& reply, io::Clock::time_point& deadline) {
  const Error& error = reply.answer.error;
  const bool link_died =
      error.kind == ErrorKind::origin_refused || error.kind == ErrorKind::destination_not_found;
  // Where it redirected to has expired: ask for the way again.
  if (std::exchange(moved_, std::nullopt) && link_died) co_return Result<void>{};
  std::string body;
  if (route_->reads_refusals()) body = co_await read_start(*reply.transfer, deadline);
  const auto before = io::Clock::now();
  const Refusal refusal{reply.transfer->head(), body, error};
  Result<void> renewed = co_await route_->renew(refusal);
  deadline += io::Clock::now() - before;
  co_return renewed;
}

io::Task<Result<void>> RoutedClient::wait_before_retry(Error error, RetryBudget& budget,
                                                       io::Clock::time_point deadline) {
  const bool may_pass =
      delivered_ ? is_retryable_in_mid_body(error.kind) : is_retryable(error.kind);
  if (!may_pass) co_return error;
  const auto now = io::Clock::now();
  const auto longest =
      delivered_ ? io::Clock::duration(client_.options().first_byte_timeout) : deadline - now;
  // How long to wait for a turn is said to clients; who waits already stands in line again.
  const bool own_limit = error.kind == ErrorKind::connection_limit_reached;
  const bool counts = !own_limit && error.retry_after && *error.retry_after < longest;
  const auto delay = budget.next(counts ? error.retry_after : std::nullopt);
  if (!delay || (!delivered_ && *delay >= longest)) co_return error;
  moved_.reset();  // who redirected there may know better by then
  io::asio::steady_timer::rebind_executor<io::Executor>::other timer(client_.executor(), *delay);
  co_await timer.async_wait(io::use_task);
  co_return Result<void>{};
}

}  // namespace tonearm::source
