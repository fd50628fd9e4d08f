#include "http/plan_growing.h"

#include <algorithm>
#include <limits>

namespace tonearm::http {
namespace {

/// RFC 8673 §2: a last position from here on (2^53-1) means "and whatever comes".
constexpr std::uint64_t whatever_comes = (std::uint64_t{1} << 53) - 1;
/// What an open-ended range is told to reach to where no total is told: as of the largest WAV.
constexpr std::uint64_t customary_end = 4'294'967'303;

/// RFC 9110 §15.3.1, no Accept-Ranges: what all players follow to its end (docs/architecture.md).
ResponsePlan follow_from_start(bool head) {
  ResponsePlan plan;
  plan.framing = ResponsePlan::Framing::until_end;
  plan.accept_ranges = false;
  plan.send_body = !head;
  return plan;
}

ResponsePlan unsatisfiable(const Growth& growth) {
  ResponsePlan plan;
  plan.status = 416;
  plan.complete = growth.exists;
  return plan;
}

ResponsePlan follow(ByteRange range, std::optional<std::uint64_t> complete) {
  ResponsePlan plan;
  plan.status = 206;
  plan.framing = ResponsePlan::Framing::until_end;
  plan.parts.push_back(range);
  plan.complete = complete;
  return plan;
}

ResponsePlan exactly(ByteRange range, std::optional<std::uint64_t> complete) {
  ResponsePlan plan = follow(range, complete);
  plan.framing = ResponsePlan::Framing::length;
  plan.content_length = range.size();
  return plan;
}

ResponsePlan follow_open_end(std::uint64_t first, const Growth& growth,
                             std::optional<std::uint64_t> most) {
  std::uint64_t end = most.value_or(customary_end);
  if (std::max(first, growth.exists) >= end) end = whatever_comes + 1;
  return follow({first, end}, most);
}

ResponsePlan plan_range(const RangeSpec& asked, const Growth& growth) {
  const std::uint64_t first = *asked.first;
  if (first > growth.exists && first - growth.exists > growth.lead) return unsatisfiable(growth);
  // What has outgrown its format has no total that could be told.
  const bool outgrown = growth.most && std::max(growth.exists, first) >= *growth.most;
  const std::optional<std::uint64_t> most = outgrown ? std::nullopt : growth.most;
  if (!asked.last) return follow_open_end(first, growth, most);
  if (*asked.last < growth.exists) return exactly({first, *asked.last + 1}, most);
  if (*asked.last >= whatever_comes) {
    const std::uint64_t last = std::min(*asked.last, std::numeric_limits<std::uint64_t>::max() - 1);
    return follow({first, last + 1}, std::nullopt);
  }
  return follow({first, std::min(*asked.last + 1, most.value_or(*asked.last + 1))}, most);
}

}  // namespace

ResponsePlan plan_growing(const RepresentationRequest& request, const Growth& growth) {
  using Kind = RangeField::Kind;
  const bool ranged =
      !request.head && request.range.kind != Kind::ignored && request.if_range.empty();
  if (!ranged) return follow_from_start(request.head);
  if (request.range.kind == Kind::malformed) return unsatisfiable(growth);
  const RangeSpecs& specs = request.range.specs;
  const bool one = specs.size() == 1 && !specs[0].is_suffix();
  const bool from_start = one && specs[0].is_open_ended() && *specs[0].first == 0;
  if (!one || from_start) return follow_from_start(false);
  return plan_range(specs[0], growth);
}

}  // namespace tonearm::http
