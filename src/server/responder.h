#pragma once

#include "tonearm/http/request_head.h"
#include "tonearm/http/response_head.h"

#include "server/error_response.h"
#include "server/exchange.h"
#include "server/response_writer.h"
#include "server/serving.h"

#include <atomic>
#include <string>
#include <string_view>

namespace tonearm::server {

/// What every answer to one request has in common: the fields that it carries whatever it says, and
/// that HEAD gets no body. Lives as long as the exchange.
class Responder {
 public:
  /// `cors`: null on the admin listener.
  Responder(ResponseWriter& writer, Exchange& exchange, const Cors* cors,
            const std::atomic<bool>& draining)
      : writer_(writer), exchange_(exchange), cors_(cors), draining_(draining) {}

  /// Once the request's head is read; before that an answer is as to an HTTP/1.1 GET that closes.
  void set_request(const http::RequestHead& head);
  /// The answer to a request whose head could not be read, but is a HEAD's: without a body.
  void set_head_only() { head_only_ = true; }
  /// The connection does not survive this answer.
  void set_close() { close_ = true; }

  /// A head with the common fields. `ends_with_close`: the body's end is the connection's.
  http::ResponseHead begin(unsigned status, bool ends_with_close = false);
  /// The same for the answer to OPTIONS.
  http::ResponseHead begin_preflight();

  /// Gives the head to the writer, which keeps it until the body's first bytes. The one place where
  /// HEAD loses its body.
  void start(http::ResponseHead head, BodyFraming framing, std::uint64_t length = 0);

  /// A whole answer, its head begun with `body.size()` as Content-Length.
  io::Task<Result<void>> send(http::ResponseHead head, std::string body);
  io::Task<Result<void>> send_problem(const Problem& problem);
  /// The same where there is no time to wait: false when the client does not take all of it.
  bool send_problem_now(const Problem& problem);
  io::Task<Result<void>> send_preflight();

  ResponseWriter& writer() { return writer_; }
  Exchange& exchange() { return exchange_; }
  bool closes() const { return close_; }

 private:
  http::ResponseHead begin_any(unsigned status);

  ResponseWriter& writer_;
  Exchange& exchange_;
  const Cors* cors_;
  const std::atomic<bool>& draining_;
  std::string_view origin_;
  unsigned version_ = 11;
  bool head_only_ = false;
  bool close_ = true;
};

}  // namespace tonearm::server
