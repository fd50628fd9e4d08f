#include "tonearm/http/plan.h"
#include "tonearm/http/request_head.h"

#include "property.h"

using namespace tonearm::http;
using tonearm::fuzz::must;

namespace {

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view received = tonearm::fuzz::text_of(data, size);
  std::size_t start = 0;
  const auto end = find_head_end(received, &start);
  if (!end) return 0;
  must(start < *end && *end <= received.size(), "a head lies within what was received");
  const std::string_view text = received.substr(start, *end - start);
  const auto head = parse_request_head(text);
  if (!head) {
    must(head.error().party() == tonearm::Party::client, "a bad head is the client's");
    return 0;
  }
  must(lies_in(head->target, text) && lies_in(head->method_text, text), "views lie in the text");
  must(head->version == 10 || head->version == 11, "a version that is spoken");
  must(head->target.size() <= max_target_bytes && text.size() <= max_head_bytes, "limits hold");
  must(!(head->chunked && head->has(field::content_length)), "framing is never ambiguous");
  for (const auto& line : head->fields) {
    must(lies_in(line.name, text) && lies_in(line.value, text), "views lie in the text");
    must(line.value.find_first_of("\r\n") == std::string_view::npos, "no line in a value");
  }
  read_representation_request(*head);
  return 0;
}
