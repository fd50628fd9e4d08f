// The input is a Range field behind two bytes that choose the representation.

#include "tonearm/http/multipart.h"
#include "tonearm/http/plan.h"

#include "property.h"

#include <limits>

using namespace tonearm::http;
using tonearm::fuzz::must;

namespace {

/// Lengths at which positions could wrap, and small ones that a fuzzer does not hit by chance.
void must_fit(const RangeSpec& spec) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{1}, most / 2, most}) {
    const auto range = fit_range(spec, length);
    must(!range || (range->first < range->end && range->end <= length),
         "a fitted range lies within any length");
    must(!range || spec.is_suffix() || range->first == *spec.first,
         "a fitted range begins where it was asked");
    must(!range || !spec.is_suffix() || range->end == length, "a suffix reaches to the end");
  }
}

/// What is sent, counted piece by piece.
std::uint64_t body_size(const ResponsePlan& plan, std::uint64_t complete) {
  std::uint64_t size = 0;
  bool first = true;
  for (const ByteRange& part : plan.parts) {
    if (plan.is_multipart()) {
      size += part_head(part, complete, "audio/mpeg", "boundary", first).size();
    }
    size += part.size();
    first = false;
  }
  return plan.is_multipart() ? size + multipart_tail("boundary").size() : size;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  Representation what;
  what.length = std::uint64_t{data[0]} * 7;
  what.single_pass = (data[1] & 1) != 0;
  RepresentationRequest request;
  request.range = parse_range(tonearm::fuzz::text_of(data + 2, size - 2));
  must(request.range.specs.size() <= max_ranges, "no more specs than are answered");
  must((request.range.kind == RangeField::Kind::bytes) == !request.range.specs.empty(),
       "specs if and only if there are ranges");
  PlanOptions options;
  options.max_range = data[1] >> 1;
  const ResponsePlan plan = plan_response(request, what, options, "audio/mpeg", "boundary");
  must(plan.status == 200 || plan.status == 206 || plan.status == 416, "a plan for ranges");
  std::uint64_t total = 0;
  std::uint64_t reached = 0;
  for (const ByteRange& part : plan.parts) {
    must(part.first < part.end && part.end <= *what.length, "a part lies within the whole");
    must(!what.single_pass || part.first >= reached, "one pass goes forwards only");
    reached = part.end;
    total += part.size();
  }
  must(total <= *what.length, "parts never add up to more than the whole");
  must(plan.is_multipart() == (plan.parts.size() > 1), "multipart for several parts alone");
  must(plan.status == 416 || plan.content_length == body_size(plan, *what.length),
       "the length is what is sent");
  for (const RangeSpec& spec : request.range.specs) must_fit(spec);
  return 0;
}
