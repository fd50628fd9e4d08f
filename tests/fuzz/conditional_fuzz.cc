// The input is fields, one a line, the first byte of each says which.

#include "tonearm/http/plan.h"

#include "property.h"

#include <string>

using namespace tonearm::http;
using tonearm::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  RepresentationRequest request;
  std::string_view rest = tonearm::fuzz::text_of(data, size);
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.empty()) continue;
    const std::string_view value = line.substr(1);
    switch (line[0]) {
      case 'm':
        request.if_match = parse_entity_tag_list(value);
        break;
      case 'n':
        request.if_none_match = parse_entity_tag_list(value);
        break;
      case 's':
        request.if_modified_since = parse_http_date(value);
        break;
      case 'u':
        request.if_unmodified_since = parse_http_date(value);
        break;
      case 'r':
        request.if_range = value;
        break;
      case 'h':
        request.head = true;
        break;
      default:
        request.range = parse_range("bytes=0-1");
        break;
    }
  }
  Representation what;
  what.length = 100;
  what.validators.etag = EntityTag{"\"v1\"", false};
  what.validators.last_modified = parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
  const ResponsePlan plan = plan_response(request, what, {}, "audio/mpeg", "b");
  must(plan.status != 412 || request.if_match || request.if_unmodified_since, "412 has a cause");
  must(plan.status != 304 || request.if_none_match || request.if_modified_since, "304 has a cause");
  must(plan.status != 206 || (!request.head && !request.range.specs.empty()), "206 was asked for");
  must(plan.status != 304 || !plan.send_body, "304 has no body");
  if (request.if_modified_since) {
    const std::string written = format_http_date(*request.if_modified_since);
    must(parse_http_date(written) == request.if_modified_since, "a date survives its own form");
  }
  return 0;
}
