#include "source/http_resource.h"

#include "tonearm/http/content_type.h"

#include "source/http_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace tonearm::source {
namespace {

/// Asked where only the length is wanted: Safari's own probe, and never answered wrongly by suffix
/// or HEAD bugs of origins.
constexpr http::ByteRange two_bytes{0, 2};

/// Of which each finds that the file has changed since it was described.
constexpr int most_attempts = 4;

/// The first window of what the client is about to read: it describes, and is the first part of the
/// body at the same time.
http::ByteRange first_window(const ReadIntent& intent, const WindowSizer& sizer) {
  constexpr auto unbounded = std::numeric_limits<std::uint64_t>::max();
  if (!intent.likely) return two_bytes;
  if (!intent.range) return sizer.next(0, unbounded, false);
  if (intent.range->is_suffix()) return two_bytes;
  const std::uint64_t first = *intent.range->first;
  if (first > unbounded / 2) return two_bytes;
  if (intent.range->is_open_ended()) return sizer.next(first, unbounded, false);
  const std::uint64_t last = *intent.range->last;
  return sizer.next(first, last == unbounded ? unbounded : last + 1, true);
}

/// What a 416 to its first byte may say: there is none.
bool is_of_an_empty_file(const Answer& answer) {
  return answer.kind == Answer::Kind::unsatisfiable && answer.length == 0U;
}

/// Why an answer to two_bytes says too little of the representation; empty where it says enough, or
/// has failed.
std::string fault_of_range(const Answer& answer, const UpstreamHead& head) {
  if (is_of_an_empty_file(answer)) return {};
  if (answer.kind == Answer::Kind::unsatisfiable) return "answers 0-1 with 416";
  if (answer.kind != Answer::Kind::useless) return {};
  if (head.status != 206) return "answers 0-1 with a part that says " + std::to_string(head.status);
  if (!head.content_range || !head.content_range->range) {
    return "answers 0-1 without a Content-Range that makes sense";
  }
  if (!head.content_range->complete) return "answers 0-1 without a size";
  if (head.content_range->range->first > 0) return "answers 0-1 with another range";
  return "answers 0-1 with more or less than its Content-Range says";
}

}  // namespace

HttpResource::HttpResource(std::shared_ptr<HttpClient> client, std::unique_ptr<Route> route)
    : owner_(std::move(client)),
      client_(*owner_, std::move(route)),
      sizer_(client_.route().window()) {}

HttpResource::~HttpResource() { close_body(); }

io::Task<Result<http::Representation>> HttpResource::describe(const ReadIntent& intent) {
  several_ = intent.several;
  closed_range_ = intent.range && !intent.range->is_open_ended();
  auto deadline = io::Clock::now() + client_.options().first_byte_timeout;
  for (int attempt = 1;; ++attempt) {
    Result<void> described = co_await describe_once(intent, deadline);
    if (!described) co_return described.error();
    http::Representation what = description();
    Result<void> begun = co_await begin_body(intent, what);
    if (begun) co_return what;
    const bool changed = begun.error().kind == ErrorKind::representation_changed;
    if (!changed || attempt == most_attempts) co_return begun.error();
    discard_description();
  }
}

io::Task<Result<void>> HttpResource::describe_once(const ReadIntent& intent,
                                                   io::Clock::time_point& deadline) {
  client_.ask_whether(intent.known);
  Result<Reply> reply = co_await ask_for_description(first_window(intent, sizer_), deadline);
  if (!reply) co_return reply.error();
  if (reply->answer.kind == Answer::Kind::unchanged) {
    described_.unchanged = true;
    described_.caching = reply->transfer->head().caching;
    described_.validators = reply->transfer->head().validators;
    described_.content_type = reply->transfer->head().content_type;
    client_.retire(std::move(reply->transfer));
  } else {
    describe_from(std::move(*reply), intent);
  }
  co_return Result<void>{};
}

/// Where what describes is no part of the body. The head waits for the first byte anyway, and until
/// it is out another version may be begun.
io::Task<Result<void>> HttpResource::begin_body(const ReadIntent& intent,
                                                const http::Representation& what) {
  if (!intent.parts || what.unchanged) co_return Result<void>{};
  const http::ByteRanges parts = intent.parts(what);
  if (parts.empty()) co_return Result<void>{};
  RetryBudget budget(client_.options().retries);
  const std::uint64_t end = parts.front().end;
  co_return co_await open_body(parts.front().first, std::min(end, what.length.value_or(end)),
                               budget);
}

/// What describe() has found out so far is of another version.
void HttpResource::discard_description() {
  close_body();
  described_ = {};
  first_byte_deadline_.reset();
  client_.expect({});
}

http::Representation HttpResource::description() const {
  http::Representation what = described_;
  const std::string_view type = client_.route().content_type();
  if (http::says_nothing(what.content_type) && !type.empty()) what.content_type = type;
  return what;
}

/// Asks until the answer describes the representation: a 416 and a useless 206 say too little.
io::Task<Result<Reply>> HttpResource::ask_for_description(std::optional<http::ByteRange> asked,
                                                          io::Clock::time_point& deadline) {
  RetryBudget budget(client_.options().retries);
  for (;;) {
    Result<Reply> reply = co_await client_.ask(asked, budget, deadline);
    if (!reply) co_return reply.error();
    switch (reply->answer.kind) {
      case Answer::Kind::part:
      case Answer::Kind::whole:
      case Answer::Kind::unchanged:
        patience_ = deadline - io::Clock::now();
        co_return reply;
      case Answer::Kind::unsatisfiable:
        if (!asked) co_return reply->answer.error;
        if (asked->first == 0 && is_of_an_empty_file(reply->answer)) co_return reply;
        if (asked->first == 0) {
          asked.reset();
        } else {
          asked = two_bytes;
        }
        break;
      default:  // useless
        asked.reset();
        break;
    }
    client_.retire(std::move(reply->transfer));
  }
}

void HttpResource::describe_from(Reply reply, const ReadIntent& intent) {
  const UpstreamHead& head = reply.transfer->head();
  described_.length = reply.answer.length;
  described_.content_type = head.status == 416 ? std::string() : head.content_type;
  described_.validators = head.validators;
  described_.seekable = described_.length.has_value();
  described_.caching = head.caching;
  described_.ranges = reply.answer.kind != Answer::Kind::whole;
  provable_ = is_provable(described_);
  described_.single_pass = !can_resume();
  access_ = reply.answer.kind == Answer::Kind::whole ? Access::whole
            : can_resume()                           ? Access::windows
                                                     : Access::rest;
  take_body(std::move(reply));
  client_.expect(described_.validators);
  // A body that only told the length is no window to read from, unless just that is wanted, or is
  // all there is.
  const bool holds_the_probe =
      body_->end == two_bytes.end && described_.length != two_bytes.end && access_ != Access::whole;
  const bool is_wanted =
      intent.likely && intent.range && !intent.range->is_suffix() && intent.range->last == 1U;
  if (holds_the_probe && !is_wanted) close_body();
}

std::unique_ptr<io::ByteReader> HttpResource::read(std::uint64_t first,
                                                   std::optional<std::uint64_t> end) {
  return std::make_unique<Reader>(*this, first, end);
}

/// Endless once bytes have come, be they only such as are skipped.
io::Clock::time_point HttpResource::first_byte_deadline() {
  if (flows_) return io::Clock::time_point::max();
  if (!first_byte_deadline_) first_byte_deadline_ = io::Clock::now() + patience_;
  return *first_byte_deadline_;
}

/// With several ranges to come, the one request must serve them all.
std::uint64_t HttpResource::end_of_rest(std::optional<std::uint64_t> end) const {
  return several_ ? *described_.length : end.value_or(*described_.length);
}

std::optional<http::ByteRange> HttpResource::window_at(std::uint64_t position,
                                                       std::optional<std::uint64_t> end) const {
  switch (access_) {
    case Access::windows:
      return sizer_.next(position, position < wanted_end_ ? std::min(*end, wanted_end_) : *end,
                         closed_range_);
    case Access::rest:
      return http::ByteRange{position, end_of_rest(end)};
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
    const bool suffices =
        access_ != Access::rest || (body_->end && *body_->end >= end_of_rest(end));
    if (leads_there && suffices) co_return Result<void>{};
    if (body_->end == position) {
      sizer_.taken(position - body_->first, io::Clock::now() - body_->opened, closed_range_);
    }
    close_body();
  }
  auto deadline =
      flows_ ? io::Clock::now() + client_.options().first_byte_timeout : first_byte_deadline();
  for (;;) {
    Result<Reply> reply = co_await client_.ask(window_at(position, end), budget, deadline);
    if (!reply) co_return reply.error();
    if (reply->answer.kind == Answer::Kind::useless) {
      access_ = Access::whole;
      client_.retire(std::move(reply->transfer));
      continue;
    }
    Result<void> verified = verify(*reply);
    if (!verified) co_return verified;
    if (falls_short(reply->answer, end)) {
      access_ = Access::whole;
      client_.retire(std::move(reply->transfer));
      continue;
    }
    take_body(std::move(*reply));
    first_byte_deadline_ = deadline;  // with what the route has needed
    co_return Result<void>{};
  }
}

/// A part that ends before what was asked for. Where nothing is proven there is no going on behind
/// it, and so it is of no use.
bool HttpResource::falls_short(const Answer& answer, std::optional<std::uint64_t> end) const {
  return access_ == Access::rest && answer.kind == Answer::Kind::part && !client_.delivered() &&
         answer.end && *answer.end < end_of_rest(end);
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
      if (!client_.delivered()) return {};
      // What `window` takes as proof; what says no size has not proven that.
      if (can_resume() && reply.answer.length == described_.length &&
          head.content_type == described_.content_type) {
        return {};
      }
      return changed("nothing proves that the rest is of the same version");
    case Sameness::different:
      break;
  }
  return changed("the origin's validators or size have changed");
}

/// A body that says no end must have that which was described: a longer one is another version.
void HttpResource::take_body(Reply reply) {
  client_.stay_at(reply.transfer->url());
  const auto end = reply.answer.end ? reply.answer.end : described_.length;
  body_ = Body{std::move(reply.transfer), reply.answer.first, end, io::Clock::now()};
  limit_pauses();
}

/// What cannot go on elsewhere is held for as long as it takes.
void HttpResource::limit_pauses() {
  if (!body_ || !can_resume()) return;
  body_->transfer->release_after(client_.options().release_after, taker_);
}

void HttpResource::set_taker(io::Taker& taker) {
  taker_ = &taker;
  limit_pauses();
}

/// As ask_for_description(), but what fails has failed.
io::Task<Result<Reply>> HttpResource::ask_for_report(OriginReport& report) {
  auto deadline = io::Clock::now() + client_.options().first_byte_timeout;
  Result<Reply> reply = co_await client_.ask_once(two_bytes, deadline);
  if (!reply) co_return reply;
  report.no_ranges_because = fault_of_range(reply->answer, reply->transfer->head());
  if (report.no_ranges_because.empty()) co_return reply;
  client_.retire(std::move(reply->transfer));
  co_return co_await client_.ask_once(std::nullopt, deadline);
}

io::Task<Result<OriginReport>> HttpResource::probe() {
  OriginReport report;
  Result<Reply> reply = co_await ask_for_report(report);
  if (!reply) {
    report.url = client_.route().destination().url.text;
    if (report.url.empty()) co_return reply.error();  // the route has not found it
    report.complaint = reply.error().detail;
    co_return report;
  }
  const UpstreamHead& head = reply->transfer->head();
  const bool is_empty = report.no_ranges_because.empty() && is_of_an_empty_file(reply->answer);
  report.url = reply->transfer->url().text;
  report.status = head.status;
  report.length = reply->answer.length;
  if (!is_empty) report.content_type = head.content_type;
  report.validators = head.validators;
  report.ranges = is_empty || reply->answer.kind == Answer::Kind::part;
  described_.length = report.length;
  described_.validators = report.validators;
  provable_ = is_provable(described_);
  report.resumable = can_resume();
  if (!is_empty) report.complaint = reply->answer.error.detail;
  co_return report;
}

void HttpResource::close_body() {
  if (!body_) return;
  client_.retire(std::move(body_->transfer));
  body_.reset();
}

}  // namespace tonearm::source
