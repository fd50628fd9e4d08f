#pragma once

#include "tonearm/source/http_options.h"

#include "source/answer.h"
#include "source/easy_pool.h"
#include "source/host_gate.h"
#include "source/transfer.h"

#include <list>
#include <memory>
#include <optional>
#include <string_view>

namespace tonearm::source {

/// The header fields of a resource's requests. `own` goes to the origin that the song names,
/// `foreign` to any other that a redirect leads to: no credentials there.
struct RequestHeaders {
  HeaderList own;
  HeaderList foreign;
};

/// What to ask of whom.
struct Question {
  OriginUrl named;  ///< The URL that the song names: decides what the answerer is trusted with.
  OriginUrl url;    ///< Where to ask: `named`, or where it redirected to before.
  std::optional<http::ByteRange> range;
  const RequestHeaders* headers = nullptr;  ///< Borrowed until the transfer is gone.
  io::Clock::time_point deadline;           ///< For the whole response head.
};

/// An origin's answer with its body still to be read.
struct Reply {
  std::unique_ptr<Transfer> transfer;
  Answer answer;
};

/// The HTTP client of one loop: connections, handles and limits shared by its requests. Outlives
/// its transfers; may be destroyed while the loop runs.
class HttpClient {
 public:
  HttpClient(io::Executor executor, HttpOptions options);

  const HttpOptions& options() const { return options_; }
  io::Executor executor() const { return executor_; }

  /// Fields for every request of one resource; `if_range` is sent when it is not empty.
  RequestHeaders make_headers(std::string_view if_range) const;

  /// One question, redirects followed (RFC 9110 §15.4), not repeated when it fails.
  io::Task<Result<Reply>> ask(Question question, OriginUse& use);

  /// Ends a transfer that nobody reads any more: a short rest is drained so that its connection can
  /// be used again, a long one is cut off. `headers` live until then.
  void retire(std::unique_ptr<Transfer> transfer, std::shared_ptr<const RequestHeaders> headers);

 private:
  struct Retired {
    std::unique_ptr<Transfer> transfer;
    std::shared_ptr<const RequestHeaders> headers;
  };

  io::Executor executor_;
  HttpOptions options_;
  io::BlockPool blocks_;
  CurlMulti multi_;
  EasyPool easies_;
  HostGate gate_;
  Transfer::Shared shared_;
  /// Shared with the reports of their ends, which may be on their way when the client goes.
  std::shared_ptr<std::list<Retired>> retired_ = std::make_shared<std::list<Retired>>();
};

}  // namespace tonearm::source
