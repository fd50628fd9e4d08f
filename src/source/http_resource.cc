#include "source/http_resource.h"

#include "source/http_reader.h"

#include <boost/asio/steady_timer.hpp>

#include <limits>

namespace tonearm::source {
namespace {

/// Asked where only the length is wanted: Safari's own probe, and never answered wrongly by suffix
/// or HEAD bugs of origins.
constexpr http::ByteRange probe{0, 2};

/// The first window of what the client is about to read: it describes, and is the first part of the
/// body at the same time.
http::ByteRange first_window(const ReadIntent& intent, const WindowSizer& sizer) {
  constexpr auto unbounded = std::numeric_limits<std::uint64_t>::max();
  if (!intent.body) return probe;
  if (!intent.range) return sizer.next(0, unbounded, false);
  if (intent.range->is_suffix()) return probe;
  const std::uint64_t first = *intent.range->first;
  if (first > unbounded / 2) return probe;
  if (intent.range->is_open_ended()) return sizer.next(first, unbounded, false);
  const std::uint64_t last = *intent.range->last;
  return sizer.next(first, last == unbounded ? unbounded : last + 1, true);
}

std::string if_range_of(const http::Validators& validators) {
  if (validators.has_strong_etag()) return validators.etag->opaque;
  if (validators.last_modified_is_strong) return http::format_http_date(*validators.last_modified);
  return {};
}

}  // namespace

HttpResource::HttpResource(std::shared_ptr<HttpClient> client, OriginUrl url)
    : owner_(std::move(client)),
      client_(*owner_),
      named_(std::move(url)),
      url_(named_),
      headers_(std::make_shared<RequestHeaders>(client_.make_headers({}))),
      sizer_(client_.options().window) {}

HttpResource::~HttpResource() { close_body(); }

io::Task<Result<http::Representation>> HttpResource::describe(const ReadIntent& intent) {
  several_ = intent.several;
  closed_ = intent.range && !intent.range->is_open_ended();
  Result<Reply> reply = co_await ask_for_description(first_window(intent, sizer_));
  if (!reply) co_return reply.error();
  describe_from(std::move(*reply), intent);
  co_return described_;
}

/// Asks until the answer describes the representation: a 416 and a useless 206 say too little.
io::Task<Result<Reply>> HttpResource::ask_for_description(std::optional<http::ByteRange> asked) {
  const auto deadline = io::Clock::now() + client_.options().first_byte_timeout;
  RetryBudget budget(client_.options().retries);
  for (;;) {
    Result<Reply> reply = co_await ask(asked, budget, deadline);
    if (!reply) co_return reply.error();
    switch (reply->answer.kind) {
      case Answer::Kind::part:
      case Answer::Kind::whole:
        co_return reply;
      case Answer::Kind::unsatisfiable:
        if (!asked) co_return reply->answer.error;
        if (asked->first == 0 && reply->answer.length == 0U) co_return reply;
        if (asked->first == 0) {
          asked.reset();
        } else {
          asked = probe;
        }
        break;
      default:  // useless
        asked.reset();
        break;
    }
    client_.retire(std::move(reply->transfer), headers_);
  }
}

void HttpResource::describe_from(Reply reply, const ReadIntent& intent) {
  const UpstreamHead& head = reply.transfer->head();
  described_.length = reply.answer.length;
  described_.content_type = head.status == 416 ? std::string() : head.content_type;
  described_.validators = head.validators;
  described_.seekable = described_.length.has_value();
  provable_ = is_provable(described_);
  described_.single_pass = !can_resume();
  access_ = reply.answer.kind == Answer::Kind::whole ? Access::whole
            : can_resume()                           ? Access::windows
                                                     : Access::rest;
  url_ = reply.transfer->url();
  take_body(std::move(reply));
  headers_ =
      std::make_shared<RequestHeaders>(client_.make_headers(if_range_of(described_.validators)));
  // A body that only told the length is no window to read from.
  const bool only_probe = body_->end == probe.end && access_ != Access::whole;
  if (only_probe && (!intent.body || !intent.range || intent.range->last != 1U)) close_body();
}

/// One question, repeated as long as the failure may pass, the budget and the deadline allow.
io::Task<Result<Reply>> HttpResource::ask(std::optional<http::ByteRange> range, RetryBudget& budget,
                                          io::Clock::time_point deadline) {
  for (;;) {
    Question question;
    question.named = named_;
    question.url = url_;
    question.range = range;
    question.headers = headers_.get();
    question.deadline = deadline;
    Result<Reply> reply = co_await client_.ask(std::move(question), use_);
    Error error;
    if (reply) {
      const Answer::Kind kind = reply->answer.kind;
      if (kind != Answer::Kind::retry && kind != Answer::Kind::failure) co_return reply;
      error = reply->answer.error;
      client_.retire(std::move(reply->transfer), headers_);
    } else {
      error = reply.error();
    }
    const bool link_died =
        error.kind == ErrorKind::origin_refused || error.kind == ErrorKind::destination_not_found;
    if (link_died && url_.text != named_.text) {
      url_ = named_;  // where it redirected to has expired: ask for the way again
      continue;
    }
    Result<void> again = co_await wait_before_retry(std::move(error), budget, deadline);
    if (!again) co_return again.error();
  }
}

io::Task<Result<void>> HttpResource::wait_before_retry(Error error, RetryBudget& budget,
                                                       io::Clock::time_point deadline) {
  if (!is_retryable(error.kind)) co_return error;
  const auto delay = budget.next(error.retry_after);
  if (!delay || io::Clock::now() + *delay >= deadline) co_return error;
  io::asio::steady_timer::rebind_executor<io::Executor>::other timer(client_.executor(), *delay);
  co_await timer.async_wait(io::use_task);
  co_return Result<void>{};
}

std::unique_ptr<io::ByteReader> HttpResource::read(std::uint64_t first,
                                                   std::optional<std::uint64_t> end) {
  return std::make_unique<Reader>(*this, first, end);
}

std::optional<http::ByteRange> HttpResource::window_at(std::uint64_t position,
                                                       std::optional<std::uint64_t> end) const {
  switch (access_) {
    case Access::windows:
      return sizer_.next(position, *end, closed_);
    case Access::rest:
      // With several ranges to come, one request must serve them all.
      return http::ByteRange{position, several_ ? *described_.length : *end};
    case Access::whole:
      break;
  }
  return std::nullopt;
}

/// Makes `body_` one that leads to `position`.
io::Task<Result<void>> HttpResource::open_body(std::uint64_t position,
                                               std::optional<std::uint64_t> end,
                                               RetryBudget& budget) {
  if (body_) {
    const bool leads_there =
        body_->position() <= position && (!body_->end || position < *body_->end);
    const bool suffices = access_ != Access::rest || (end && body_->end && *body_->end >= *end);
    if (leads_there && suffices) co_return Result<void>{};
    if (body_->end == position) sizer_.taken(io::Clock::now() - body_->opened);
    close_body();
  }
  const auto deadline = io::Clock::now() + client_.options().first_byte_timeout;
  for (;;) {
    Result<Reply> reply = co_await ask(window_at(position, end), budget, deadline);
    if (!reply) co_return reply.error();
    if (reply->answer.kind == Answer::Kind::useless) {
      access_ = Access::whole;
      client_.retire(std::move(reply->transfer), headers_);
      continue;
    }
    Result<void> verified = verify(*reply);
    if (!verified) co_return verified;
    url_ = reply->transfer->url();
    take_body(std::move(*reply));
    co_return Result<void>{};
  }
}

/// Bytes of two versions are never mixed: a later answer must prove that it is of the same one.
Result<void> HttpResource::verify(const Reply& reply) const {
  const auto changed = [](std::string why) {
    return Error{ErrorKind::representation_changed, std::move(why), {}};
  };
  if (reply.answer.kind == Answer::Kind::unsatisfiable) return changed("a later range got a 416");
  const UpstreamHead& head = reply.transfer->head();
  switch (compare(described_, head, reply.answer.length)) {
    case Sameness::proven:
      return {};
    case Sameness::consistent:
      if (!delivered_) return {};
      if (client_.options().window != 0 && head.content_type == described_.content_type) return {};
      return changed("nothing proves that the rest is of the same version");
    case Sameness::different:
      break;
  }
  return changed("the origin's validators or size have changed");
}

void HttpResource::take_body(Reply reply) {
  body_.emplace();
  body_->transfer = std::move(reply.transfer);
  body_->headers = headers_;
  body_->first = reply.answer.first;
  body_->end = reply.answer.end;
  body_->opened = io::Clock::now();
  if (can_resume()) body_->transfer->release_after(client_.options().release_after);
}

void HttpResource::close_body() {
  if (!body_) return;
  client_.retire(std::move(body_->transfer), std::move(body_->headers));
  body_.reset();
}

}  // namespace tonearm::source
