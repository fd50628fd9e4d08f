#include "tonearm/http/plan.h"

#include "tonearm/http/multipart.h"

#include "http/plan_growing.h"

#include <algorithm>
#include <limits>

namespace tonearm::http {
namespace {

using Framing = ResponsePlan::Framing;

bool lists(const EntityTagList& list, const std::optional<EntityTag>& etag,
           bool (*matches)(const EntityTag&, const EntityTag&)) {
  if (list.any) return true;  // a representation there is
  return etag && std::any_of(list.tags.begin(), list.tags.end(),
                             [&](const EntityTag& tag) { return matches(tag, *etag); });
}

/// RFC 9110 §13.2.2, steps 1 to 4. 0: go on with the request.
unsigned evaluate_preconditions(const RepresentationRequest& request, const Validators& current) {
  if (request.if_match) {
    if (!lists(*request.if_match, current.etag, strong_match)) return 412;
  } else if (request.if_unmodified_since && current.last_modified) {
    if (*current.last_modified > *request.if_unmodified_since) return 412;
  }
  if (request.if_none_match) {
    if (lists(*request.if_none_match, current.etag, weak_match)) return 304;
  } else if (request.if_modified_since && current.last_modified) {
    if (*current.last_modified <= *request.if_modified_since) return 304;
  }
  return 0;
}

/// RFC 9110 §13.1.5: strong comparison for a tag; a date must be strong and exactly equal.
bool if_range_matches(std::string_view field, const Validators& current) {
  if (field.empty()) return true;
  if (const auto tag = parse_entity_tag(field)) {
    return current.etag && strong_match(*tag, *current.etag);
  }
  const auto date = parse_http_date(field);
  return date && current.last_modified_is_strong && current.last_modified == date;
}

ResponsePlan without_body(unsigned status) {
  ResponsePlan plan;
  plan.status = status;
  plan.framing = Framing::none;
  plan.send_body = false;
  return plan;
}

ResponsePlan whole(const Representation& what) {
  ResponsePlan plan;
  if (!what.length || !what.seekable) {
    plan.framing = Framing::until_end;
    plan.accept_ranges = false;
    return plan;
  }
  plan.content_length = *what.length;
  if (*what.length > 0) plan.parts.push_back(ByteRange{0, *what.length});
  return plan;
}

ResponsePlan unsatisfiable(std::optional<std::uint64_t> complete) {
  ResponsePlan plan;
  plan.status = 416;
  plan.complete = complete;
  return plan;
}

ByteRanges fit_all(const RangeSpecs& specs, std::uint64_t length, const PlanOptions& options) {
  ByteRanges parts;
  for (const RangeSpec& spec : specs) {
    if (const auto range = fit_range(spec, length)) parts.push_back(*range);
  }
  if (specs.size() == 1 && parts.size() == 1 && specs[0].is_open_ended() &&
      options.max_range != 0) {
    parts[0].end = parts[0].first + std::min(parts[0].size(), options.max_range);
  }
  return parts;
}

/// Whether a list is a reasonable wish: not more than the whole in all (RFC 9110 §14.2, §17.15),
/// and in ascending order where the body can be passed over only once.
bool is_reasonable(const ByteRanges& parts, const Representation& what) {
  // Some origins claim totals near 2^64: with the framing, a multipart length could wrap there.
  if (*what.length > std::numeric_limits<std::uint64_t>::max() / 2) return false;
  std::uint64_t total = 0;
  std::uint64_t reached = 0;
  for (const ByteRange& part : parts) {
    if (part.size() > *what.length - total) return false;
    total += part.size();
    if (what.single_pass && part.first < reached) return false;
    reached = part.end;
  }
  return true;
}

}  // namespace

ByteRanges ResponsePlan::body_parts() const {
  if (!has_body()) return {};
  if (!parts.empty()) return parts;
  return {ByteRange{0, std::numeric_limits<std::uint64_t>::max()}};
}

ResponsePlan plan_response(const RepresentationRequest& request, const Representation& what,
                           const PlanOptions& options, std::string_view content_type,
                           std::string_view boundary) {
  // RFC 9110 §13.2.1: no precondition counts where the answer without it is an error.
  if (what.starts_past_end) {
    return unsatisfiable(what.growth ? std::optional(what.growth->exists) : what.length);
  }
  if (const unsigned status = evaluate_preconditions(request, what.validators)) {
    return without_body(status);
  }
  if (what.growth) return plan_growing(request, *what.growth);
  ResponsePlan plan = whole(what);
  plan.send_body = !request.head;
  const bool ranged = !request.head && what.length && what.seekable &&
                      request.range.kind != RangeField::Kind::ignored &&
                      if_range_matches(request.if_range, what.validators);
  if (!ranged) return plan;
  if (request.range.kind == RangeField::Kind::malformed) return unsatisfiable(what.length);

  ByteRanges parts = fit_all(request.range.specs, *what.length, options);
  if (parts.empty()) return unsatisfiable(what.length);
  if (parts.size() > 1 && !is_reasonable(parts, what)) return plan;
  plan.status = 206;
  plan.complete = what.length;
  plan.parts = std::move(parts);
  plan.content_length = plan.is_multipart()
                            ? multipart_length(plan.parts, *what.length, content_type, boundary)
                            : plan.parts[0].size();
  return plan;
}

}  // namespace tonearm::http
