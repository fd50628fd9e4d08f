#pragma once

#include "tonearm/source/http_options.h"

#include "source/answer.h"
#include "source/connector.h"
#include "source/host_gate.h"
#include "source/request_start.h"
#include "source/transfer.h"

#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tonearm::source {

using HeaderField = std::pair<std::string, std::string>;  ///< Name and value.

/// The header fields of requests. `own` goes to the origin that they are meant for, `foreign` to
/// any other that a redirect leads to: no credentials there.
struct RequestHeaders {
  RequestFields own;
  RequestFields foreign;
};

/// Where requests go, and what decides whom they may trust.
struct Destination {
  OriginUrl url;
  std::shared_ptr<const RequestHeaders> headers;
  /// The configuration or the catalog names the host: `allow_private = "configured"` lets it have a
  /// private address.
  bool configured = true;
};

/// What to ask of whom. Borrows what it points to until the answer is there.
struct Question {
  const Destination* destination = nullptr;
  /// Where to ask instead: where the destination redirected to before. Null: the destination.
  const OriginUrl* moved = nullptr;
  std::optional<http::ByteRange> range;
  bool follow_redirects = true;
  io::Clock::time_point deadline;  ///< For the whole response head.
};

/// Validators as a conditional field that lets an origin send a part only of that version; empty
/// where they prove nothing.
std::string if_range(const http::Validators& validators);  ///< RFC 9110 §13.1.5: else the whole.
std::string if_match(const http::Validators& validators);  ///< §13.1.1: else 412.

/// Validators as a conditional field that asks for any other version (§13.1.2, else §13.1.3).
std::string if_changed(const http::Validators& validators);

/// An origin's answer with its body still to be read.
struct Reply {
  std::unique_ptr<Transfer> transfer;
  Answer answer;
};

/// The HTTP client of one loop: connections and limits shared by its requests. Outlives
/// its transfers; may be destroyed while the loop runs.
class HttpClient {
 public:
  HttpClient(io::Executor executor, HttpOptions options);

  const HttpOptions& options() const { return options_; }
  io::Executor executor() const { return executor_; }

  enum class Upstream { all, harmless };  ///< Of upstream.headers; harmless: no credentials.
  /// The fields of a request: upstream.headers, those of `own` in place of fields of the same name,
  /// and `condition`, a whole line, when it is not empty.
  std::shared_ptr<const RequestHeaders> make_headers(std::span<const HeaderField> own,
                                                     std::string_view condition,
                                                     Upstream upstream = Upstream::all) const;
  /// make_headers({}, {}), made once.
  const std::shared_ptr<const RequestHeaders>& plain_headers() const { return plain_headers_; }

  /// One question, redirects followed (RFC 9110 §15.4), not repeated when it fails.
  io::Task<Result<Reply>> ask(Question question, OriginUse& use);

  /// Ends a transfer that nobody reads any more: a short rest is drained so that its connection can
  /// be used again, a long one is cut off.
  void retire(std::unique_ptr<Transfer> transfer);

 private:
  using Retired = std::list<std::unique_ptr<Transfer>>;
  struct Asked;

  OriginRequest request_to(OriginUrl url, const Question& question) const;

  io::Executor executor_;
  HttpOptions options_;
  io::BlockPool blocks_;
  Connector connector_;
  RequestStarts starts_;
  HostGate gate_;
  Transfer::Shared shared_;
  std::shared_ptr<const RequestHeaders> plain_headers_;
  /// Shared with the reports of their ends, which may be on their way when the client goes.
  std::shared_ptr<Retired> retired_ = std::make_shared<Retired>();
};

}  // namespace tonearm::source
