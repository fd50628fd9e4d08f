#include "source/answer.h"

namespace tonearm::source {
namespace {

Answer failure(ErrorKind kind, std::string detail) {
  Answer answer;
  answer.kind = Answer::Kind::failure;
  answer.error = Error{kind, std::move(detail), {}};
  return answer;
}

Answer of_kind(Answer::Kind kind, const UpstreamHead& head) {
  Answer answer;
  answer.kind = kind;
  const std::string status = "the origin answered " + std::to_string(head.status);
  answer.error = Error{ErrorKind::destination_unavailable, status, head.retry_after};
  return answer;
}

/// A part under the wrong status. RFC 9110 §14.4 gives Content-Range no meaning there, but whoever
/// writes it has sent no more than it says.
bool is_disguised_part(const UpstreamHead& head) {
  const auto& range = head.content_range;
  if (!range || !range->range) return false;
  return range->range->first != 0 || range->range->end != range->complete;
}

Answer judge_whole(const UpstreamHead& head, const std::optional<http::ByteRange>& asked) {
  if (asked && is_disguised_part(head)) return of_kind(Answer::Kind::useless, head);
  Answer answer;
  answer.kind = Answer::Kind::whole;
  answer.length = head.content_length;
  answer.end = head.content_length;
  return answer;
}

/// RFC 9110 §15.3.7: a 206 must say which part it is; we take it when the part holds the first byte
/// that was asked for and its length agrees with itself.
Answer judge_part(const UpstreamHead& head, const std::optional<http::ByteRange>& asked) {
  if (!asked) return failure(ErrorKind::http_protocol_error, "the origin sent a 206 unasked");
  const auto& range = head.content_range;
  const bool usable = range && range->range && range->complete &&
                      range->range->first <= asked->first && asked->first < range->range->end &&
                      (!head.content_length || *head.content_length == range->range->size());
  if (!usable) return of_kind(Answer::Kind::useless, head);
  Answer answer;
  answer.kind = Answer::Kind::part;
  answer.first = range->range->first;
  answer.end = range->range->end;
  answer.length = range->complete;
  return answer;
}

/// An answer with a body that could be the song's.
Answer judge_success(const UpstreamHead& head, const std::optional<http::ByteRange>& asked) {
  if (head.ambiguous) {
    return failure(ErrorKind::http_protocol_error,
                   "the origin's Content-Length or Content-Range is ambiguous");
  }
  if (head.encoded) {
    return failure(ErrorKind::http_protocol_error,
                   "the origin sent a Content-Encoding although identity was asked for");
  }
  return head.status == 206 ? judge_part(head, asked) : judge_whole(head, asked);
}

Answer refusal_of_kind(Answer::Kind kind, const UpstreamHead& head) {
  Answer answer = of_kind(kind, head);
  answer.error.kind = ErrorKind::origin_refused;
  return answer;
}

Answer judge_unsatisfiable(const UpstreamHead& head) {
  Answer answer = refusal_of_kind(Answer::Kind::unsatisfiable, head);
  if (head.content_range && !head.content_range->range) {
    answer.length = head.content_range->complete;
  }
  return answer;
}

Answer judge_redirect(const UpstreamHead& head) {
  if (head.location.empty()) {
    return failure(ErrorKind::http_protocol_error, "the origin redirects to nowhere");
  }
  return of_kind(Answer::Kind::redirect, head);
}

/// Whether a 404 may serve another request (RFC 9111 §3, §4), however shortly.
bool may_be_believed_later(const http::CacheFields& caching) {
  constexpr std::chrono::seconds unsaid{1};
  return http::is_storable(caching) && !caching.no_cache &&
         http::freshness_lifetime(caching, std::nullopt, unsaid) > std::chrono::seconds(0);
}

Answer judge_missing(const UpstreamHead& head) {
  Answer answer = failure(ErrorKind::destination_not_found,
                          "the origin answered " + std::to_string(head.status));
  answer.error.no_store = !may_be_believed_later(head.caching);
  return answer;
}

}  // namespace

Answer judge_answer(const UpstreamHead& head, const std::optional<http::ByteRange>& asked) {
  switch (head.status) {
    case 200:
    case 203:  // a 200 that a proxy on the way has transformed (RFC 9110 §15.3.4)
    case 206:
      return judge_success(head, asked);
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return judge_redirect(head);
    case 304:
      return refusal_of_kind(Answer::Kind::unchanged, head);
    case 404:
    case 410:
      return judge_missing(head);
    case 412:
      return failure(ErrorKind::representation_changed, "the origin answered 412");
    case 416:
      return judge_unsatisfiable(head);
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return of_kind(Answer::Kind::retry, head);
    default:
      return failure(ErrorKind::origin_refused,
                     "the origin answered " + std::to_string(head.status));
  }
}

Sameness compare(const http::Representation& described, const UpstreamHead& head,
                 std::optional<std::uint64_t> length) {
  const http::Validators& then = described.validators;
  const http::Validators& now = head.validators;
  const bool same_length = described.length && described.length == length;
  if (described.length && length && !same_length) return Sameness::different;
  if (then.etag != now.etag) return Sameness::different;
  if (then.has_strong_etag()) return Sameness::proven;
  // A 206 to If-Range (expect()) is of that date, and need not repeat it (RFC 9110 §15.3.7).
  const bool as_asked = head.status == 206 && !now.last_modified && then.last_modified_is_strong;
  if (as_asked && same_length) return Sameness::proven;
  if (then.last_modified != now.last_modified) return Sameness::different;
  if (same_length && then.last_modified_is_strong) return Sameness::proven;
  return Sameness::consistent;
}

bool is_provable(const http::Representation& described) {
  const http::Validators& validators = described.validators;
  return validators.has_strong_etag() ||
         (described.length && validators.last_modified && validators.last_modified_is_strong);
}

}  // namespace tonearm::source
