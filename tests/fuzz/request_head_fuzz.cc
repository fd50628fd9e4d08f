#include "tonearm/http/plan.h"
#include "tonearm/http/request_head.h"

#include "property.h"

#include <algorithm>

using namespace tonearm::http;
using tonearm::fuzz::must;

namespace {

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return text.substr(text.size());
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_control(char c) { return c != '\t' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7F); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view received = tonearm::fuzz::text_of(data, size);
  received.remove_prefix(find_head_start(received));
  const auto end = find_head_end(received);
  if (!end) return 0;
  must(*end <= received.size(), "a head lies within what was received");
  const std::string_view text = received.substr(0, *end);
  const auto head = parse_request_head(text);
  if (!head) {
    must(head.error().party() == tonearm::Party::client, "a bad head is the client's");
    return 0;
  }
  must(lies_in(head->target, text) && lies_in(head->method_text, text), "views lie in the text");
  must(text.substr(head->method_text.size() + 1).starts_with(head->target),
       "the target stands behind the method");
  must(head->version == 10 || head->version == 11, "a version that is spoken");
  must(head->target.size() <= max_target_bytes && text.size() <= max_head_bytes, "limits hold");
  must(!(head->chunked && head->has(field::content_length)), "framing is never ambiguous");
  must(head->version == 10 || head->has(field::host), "HTTP/1.1 has a Host");
  must(!(head->chunked && head->version == 10), "HTTP/1.0 has no chunks");
  for (const auto& line : head->fields) {
    must(!line.name.empty() && line.name.data() + line.name.size() < line.value.data(),
         "a name stands before its value");
    must(line.value == trimmed(line.value), "no blanks around a value");
    must(head->get(line.name).data() != nullptr, "a field is found by its name");
    must(lies_in(line.name, text) && lies_in(line.value, text), "views lie in the text");
    must(std::none_of(line.value.begin(), line.value.end(), is_control), "no control in a value");
  }
  read_representation_request(*head);
  return 0;
}
