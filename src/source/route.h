#pragma once

#include "tonearm/base/result.h"
#include "tonearm/http/validators.h"
#include "tonearm/io/task.h"

#include "source/http_client.h"
#include "source/upstream_head.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace tonearm::source {

/// An answer that is no representation: what a route gets to see of it.
struct Refusal {
  const UpstreamHead& head;
  std::string_view body;  ///< Its first bytes, where the route reads_refusals(); else empty.
  Error error;            ///< What it comes to when the route knows nothing better.
};

/// How a resource's bytes are reached over HTTP: where to ask and with which header fields, and
/// what to do when that is refused. Whether what comes is still the same representation is the
/// resource's business. One for each resource, on its loop; it owns what it needs, since a reload
/// may drop its source meanwhile.
class Route {
 public:
  virtual ~Route() = default;

  /// False: prepare() must be awaited before the next request.
  virtual bool ready() const { return true; }
  /// Makes destination() good for one more request: signs it, resolves a link. It bounds the time
  /// that this may take itself; upstream.first_byte_timeout does not run meanwhile.
  virtual io::Task<Result<void>> prepare() { co_return Result<void>{}; }
  /// Where the next request goes and with what. Valid until the next call that is not const.
  virtual const Destination& destination() const = 0;

  /// What was described: later requests ask for this version alone.
  virtual void expect(const http::Validators& validators) = 0;

  /// Until expect(), requests ask only for another version than this one, which the caller has; a
  /// route that cannot ask so does not.
  virtual void ask_whether(const http::Validators&) {}

  /// Whether a redirect is followed for this route (RFC 9110 §15.4), or is a refusal.
  virtual bool follows_redirects() const { return true; }
  /// Whether renew() wants to see what a refusal says.
  virtual bool reads_refusals() const { return false; }
  /// The destination was refused: any status but 2xx, 412, 416 and those that are retried. Success:
  /// there is another way, prepare() and ask again. Else the error that it comes to. It must give
  /// up by itself when what it renews is refused again and nothing was accepted() in between.
  virtual io::Task<Result<void>> renew(const Refusal& refusal) { co_return refusal.error; }
  /// The destination gave an answer that is none of a refusal: bytes, a 304 or a 416.
  virtual void accepted() {}

  /// What it knows of the media type, for where the origin says nothing; empty when it knows
  /// nothing.
  virtual std::string_view content_type() const { return {}; }

  /// Upper bound of one request, bytes; 0: the client's own growth. Set, it forces windows, and
  /// equal size and type are the proof of sameness.
  virtual std::uint64_t window() const = 0;
};

}  // namespace tonearm::source
