#pragma once

#include "tonearm/http/plan.h"
#include "tonearm/http/representation.h"
#include "tonearm/io/byte_stream.h"
#include "tonearm/source/resource.h"

#include "server/error_response.h"
#include "server/exchange.h"
#include "server/request.h"
#include "server/responder.h"

#include <string>

namespace tonearm::server {

/// A resource that can be answered: everything between the plan and the last byte needs all of it.
/// `representation` was described by the resource and stays with who asked for it.
struct PlannedAnswer {
  source::Resource& resource;
  const http::Representation& representation;
  std::string content_type;
  std::string boundary;  ///< Between the parts of several ranges.
  http::ResponsePlan plan;
};

/// What an answer will read, told to its resource before it is described. It refers to `asked`,
/// which must live until describe() has returned. `max_range`: bytes, as in http::PlanOptions.
source::ReadIntent read_intent(const http::RepresentationRequest& asked,
                               std::uint64_t max_range = 0);

/// Moves the body of a plan that has one: a part, several, or all until its end.
io::Task<Result<void>> pump_body(const PlannedAnswer& answer, io::ByteWriter& writer);

// The steps of send_answer().

/// A close is the only end that HTTP/1.0 has for a body of unknown length, and on a unix socket a
/// failure looks the same.
bool end_would_be_ambiguous(const Request& request, const http::ResponsePlan& plan);
Error wants_http_1_1();
/// Makes the head, which leaves with the first bytes of the body.
void start_answer(const Request& request, Responder& responder, const PlannedAnswer& answer);

/// Answers as planned, be it with a refusal. `send_body(answer)`, a task, is only asked for where
/// the plan has a body.
template <class SendBody>
io::Task<Result<void>> send_answer(const Request& request, Responder& responder,
                                   PlannedAnswer answer, SendBody send_body) {
  if (answer.plan.status >= 400) {
    co_return co_await responder.send_problem(problem_of(answer.plan, answer.representation));
  }
  if (end_would_be_ambiguous(request, answer.plan)) co_return wants_http_1_1();
  start_answer(request, responder, answer);
  if (answer.plan.has_body()) {
    Result<void> sent = co_await send_body(answer);
    if (!sent) co_return sent;
  }
  co_return co_await responder.writer().finish();
}

/// Tells the exchange what the resource has cost, however the request ends.
class OriginUseReport {
 public:
  OriginUseReport(const source::Resource& resource, Exchange& exchange)
      : resource_(resource), exchange_(exchange) {}
  ~OriginUseReport();
  OriginUseReport(const OriginUseReport&) = delete;
  OriginUseReport& operator=(const OriginUseReport&) = delete;

 private:
  const source::Resource& resource_;
  Exchange& exchange_;
};

}  // namespace tonearm::server
