#pragma once

#include "tonearm/base/result.h"
#include "tonearm/http/range.h"
#include "tonearm/http/representation.h"

#include "source/upstream_head.h"

#include <optional>

namespace tonearm::source {

/// What an origin's answer to one of our requests is good for. Nothing is believed that was not
/// compared with the question.
struct Answer {
  enum class Kind {
    part,           ///< A 206 that holds the first byte asked for.
    whole,          ///< A 200: the body is the whole representation.
    unchanged,      ///< 304: only for who asked for it with If-None-Match or If-Modified-Since.
    unsatisfiable,  ///< 416; `length` is set when it named the size.
    useless,        ///< A 206 that cannot serve the question: ask again without Range.
    redirect,
    retry,    ///< 429, 500, 502, 503, 504: the same question may be answered later.
    failure,  ///< `error` says what.
  };
  Kind kind = Kind::failure;
  /// part, whole: the bytes of the representation that the body holds; end is empty when unknown.
  std::uint64_t first = 0;
  std::optional<std::uint64_t> end;
  /// The complete length, where the answer tells.
  std::optional<std::uint64_t> length;
  Error error;
};

/// Neither bytes nor a reason to ask the same again.
inline bool is_failure(const Answer& answer) {
  return answer.kind == Answer::Kind::failure || answer.kind == Answer::Kind::redirect;
}

/// Judges a response head against the question: `asked` is the Range that was sent, if any.
Answer judge_answer(const UpstreamHead& head, const std::optional<http::ByteRange>& asked);

/// How far two answers can be shown to be of one representation.
enum class Sameness {
  proven,      ///< Strong ETag, or length and a strong Last-Modified (RFC 9110 §8.8.2.2), agree.
  consistent,  ///< Nothing contradicts it, and nothing proves it.
  different,
};

/// Compares what was described with a later answer. `length` is the later answer's complete length.
Sameness compare(const http::Representation& described, const UpstreamHead& head,
                 std::optional<std::uint64_t> length);

/// Whether a later answer could ever be `proven`: what may be walked in windows and resumed.
bool is_provable(const http::Representation& described);

}  // namespace tonearm::source
