// The input is a Range field behind two bytes that choose the representation.

#include "tonearm/http/multipart.h"
#include "tonearm/http/plan.h"

#include "property.h"

using namespace tonearm::http;
using tonearm::fuzz::must;

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
  const std::uint64_t expected =
      plan.is_multipart() ? multipart_length(plan.parts, *what.length, "audio/mpeg", "boundary")
                          : total;
  must(plan.content_length == expected, "the length is what the parts need");
  return 0;
}
