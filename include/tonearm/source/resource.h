#pragma once

#include "tonearm/base/result.h"
#include "tonearm/http/plan.h"
#include "tonearm/http/representation.h"
#include "tonearm/io/byte_stream.h"
#include "tonearm/io/task.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace tonearm::source {

/// What reading one resource has cost its origin so far, for the access log and /metrics.
struct OriginUse {
  std::uint64_t bytes = 0;     ///< Body bytes received.
  std::uint64_t requests = 0;  ///< Requests sent, retries included.
  std::uint64_t resumes = 0;   ///< Broken transfers that went on where they broke.

  OriginUse& operator+=(const OriginUse& other) {
    bytes += other.bytes;
    requests += other.requests;
    resumes += other.resumes;
    return *this;
  }
  friend OriginUse operator+(OriginUse a, const OriginUse& b) { return a += b; }
  /// What came to `before` since.
  friend OriginUse operator-(const OriginUse& now, const OriginUse& before) {
    return {now.bytes - before.bytes, now.requests - before.requests, now.resumes - before.resumes};
  }
};

/// What the caller is about to read, so that describing can already fetch it: the first request to
/// an origin then serves both.
struct ReadIntent {
  // As far as it can be told before anything is known of the representation.

  /// The first range the client asked for; empty: from the start to the end.
  std::optional<http::RangeSpec> range;
  /// False when a read is unlikely: HEAD, or a request that may well end in 304. An origin is then
  /// asked for no more than what describes.
  bool likely = true;
  /// Several ranges were asked for: more than one read() will follow.
  bool several = false;

  // For who knows the representation already.

  /// What will be read of it, in this order; nothing where the answer has no body. Empty: what
  /// `range` says. To be called while describe() runs.
  std::function<http::ByteRanges(const http::Representation&)> parts;
  /// The version that the caller has already. Describing then asks only whether it is still the
  /// current one (RFC 9110 §13.1): see Representation::unchanged.
  std::optional<http::Validators> known;

  /// Whether anything is read of what is described so.
  bool reads(const http::Representation& what) const {
    return parts ? !parts(what).empty() : likely;
  }
};

/// What a cache contributed to an answer, for Cache-Status (RFC 9211), Age, log and metrics.
struct CacheUse {
  enum class State : std::uint8_t {
    none,     ///< There is no cache on the way, or it does not keep this.
    miss,     ///< All bytes come from the origin.
    partial,  ///< Some do.
    hit,      ///< None does.
  };
  State state = State::none;
  bool revalidated = false;  ///< The origin was asked, and said that what is kept is current.
  bool outdated = false;     ///< It was asked about what is kept, and has answered in full.
  bool stale = false;        ///< It could not be asked.
  bool collapsed = false;    ///< The bytes are fetched for somebody else, too.
  /// Set when the answer comes from what is kept.
  std::optional<std::chrono::seconds> age = std::nullopt;
};

/// One song's bytes, wherever they live. Lives on one loop, for one request. Destroying it stops
/// what it started; its readers must be gone before.
class Resource {
 public:
  virtual ~Resource() = default;

  /// `taker`: the client that the bytes go to in the end; outlives the resource. While
  /// taker.taken() moves, the origin's connection is kept past release_after, although no read()
  /// comes. Without a taker only read() counts.
  virtual void set_taker([[maybe_unused]] io::Taker& taker) {}

  /// Finds out what the representation is. Called once, before read(). bad_locator when it names
  /// nothing that can be opened, destination_not_found when it is not there, else what went wrong
  /// with its origin; after an error nothing can be read.
  virtual io::Task<Result<http::Representation>> describe(const ReadIntent& intent) = 0;

  /// Reads [first, end) of what describe() returned; `end` empty: to wherever the representation
  /// ends (only when its length is not known, and then first is 0). Either yields exactly those
  /// bytes of that very representation, or an error: never another version's, never fewer. What
  /// still grows is followed, also past what existed; it ends early where growing ends.
  /// One reader at a time. Of a single_pass representation, reads go on in ascending order.
  virtual std::unique_ptr<io::ByteReader> read(std::uint64_t first,
                                               std::optional<std::uint64_t> end) = 0;

  /// What is read from now on is wanted by many, and hardly in vain: it may be asked of the origin
  /// in large parts at once.
  virtual void expect_many_readers() {}

  /// `end`: a position in bytes, exclusive. Until this is called again, nothing from `end` on is
  /// wanted before all that lies before it has been read: the origin need not be asked for more.
  virtual void ask_up_to([[maybe_unused]] std::uint64_t end) {}

  virtual OriginUse origin_use() const = 0;
  /// As far as it is known: once described for the head, when all is read for the log.
  virtual CacheUse cache_use() const { return {}; }
};

}  // namespace tonearm::source
