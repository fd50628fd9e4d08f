#include "tonearm/http/content_range.h"

#include "property.h"

using namespace tonearm::http;
using tonearm::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = parse_content_range(tonearm::fuzz::text_of(data, size));
  if (!read) return 0;
  must(read->range || read->complete, "it says something");
  if (read->range) {
    must(read->range->first < read->range->end, "a range is never empty");
    must(!read->complete || read->range->end <= *read->complete, "a range lies within the whole");
    must(parse_content_range(format_content_range(*read->range, read->complete)) == read,
         "written and read again it is the same");
  } else {
    must(parse_content_range(format_unsatisfied_range(*read->complete)) == read,
         "written and read again it is the same");
  }
  return 0;
}
