#include "server/responder.h"

#include <chrono>
#include <span>
#include <utility>

namespace tonearm::server {

void Responder::set_request(const http::RequestHead& head) {
  origin_ = head.get(http::field::origin);
  version_ = head.version;
  head_only_ = head.method == http::verb::head;
  close_ = !head.keep_alive;
}

http::ResponseHead Responder::begin_any(unsigned status) {
  exchange_.set_status(status);
  if (draining_) close_ = true;
  const auto now = std::chrono::system_clock::now();
  http::ResponseHead head(status, std::chrono::floor<std::chrono::seconds>(now));
  head.add("X-Content-Type-Options", "nosniff");
  if (!exchange_.request_id().empty()) head.add("X-Request-Id", exchange_.request_id());
  if (close_) {
    head.add("Connection", "close");
  } else if (version_ == 10) {
    head.add("Connection", "keep-alive");
  }
  return head;
}

http::ResponseHead Responder::begin(unsigned status, bool ends_with_close) {
  if (ends_with_close) close_ = true;
  http::ResponseHead head = begin_any(status);
  if (cors_ != nullptr) cors_->add_fields(head, origin_);
  return head;
}

http::ResponseHead Responder::begin_preflight() {
  http::ResponseHead head = begin_any(204);
  head.add("Allow", client_methods);
  if (cors_ != nullptr) cors_->add_preflight_fields(head, origin_);
  return head;
}

void Responder::start(http::ResponseHead head, BodyFraming framing, std::uint64_t length) {
  writer_.begin(std::move(head).finish(), head_only_ ? BodyFraming::none : framing, length);
}

io::Task<Result<void>> Responder::send(http::ResponseHead head, std::string body) {
  start(std::move(head), BodyFraming::length, body.size());
  const io::Chunk chunk(std::as_bytes(std::span(body)));
  Result<void> written = co_await writer_.write(chunk);
  if (!written) co_return written;
  co_return co_await writer_.finish();
}

io::Task<Result<void>> Responder::send_problem(const Problem& problem) {
  http::ResponseHead head = begin(problem.status);
  std::string body = add_problem_fields(head, problem);
  return send(std::move(head), std::move(body));
}

bool Responder::send_problem_now(const Problem& problem) {
  close_ = true;
  http::ResponseHead head = begin(problem.status);
  const std::string body = add_problem_fields(head, problem);
  start(std::move(head), BodyFraming::length, body.size());
  return writer_.finish_now(head_only_ ? std::string_view() : body);
}

io::Task<Result<void>> Responder::send_preflight() {
  start(begin_preflight(), BodyFraming::none);
  return writer_.finish();
}

}  // namespace tonearm::server
