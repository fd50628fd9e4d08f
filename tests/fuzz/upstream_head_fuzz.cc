// The input is an origin's response head, line by line.

#include "property.h"
#include "source/upstream_head.h"

using tonearm::fuzz::must;
using tonearm::source::UpstreamHeadReader;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  UpstreamHeadReader reader;
  std::string_view rest = tonearm::fuzz::text_of(data, size);
  const tonearm::http::HttpTime now{std::chrono::seconds(1'700'000'000)};
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end == std::string_view::npos ? end : end + 1);
    rest.remove_prefix(line.size());
    const bool complete = reader.line(line, now);
    const unsigned status = reader.head().status;
    must(!complete || status >= 200 || status == 101, "an interim answer is not final");
  }
  const auto& head = reader.head();
  must(!head.content_range || head.has_content_range, "what was read was there");
  must(head.content_type.find_first_of("\r\n") == std::string::npos, "no line in a value");
  must(head.content_type.size() <= 1024, "no value that makes a long head");
  must(head.location.find_first_of("\n") == std::string::npos, "no line in a value");
  return 0;
}
