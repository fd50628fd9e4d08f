// The input is what an origin sends: a number, and the bytes of its answer. They come in parts of
// that size, and all at once.

#include "property.h"
#include "source/response_reader.h"

#include <algorithm>
#include <string>

using tonearm::fuzz::must;
using tonearm::source::ResponseReader;

namespace {

struct Read {
  std::string content;
  unsigned status = 0;
  bool has_head = false;
  bool complete = false;
  bool faulty = false;
};

Read read(std::string_view text, std::size_t part) {
  ResponseReader reader;
  Read read;
  while (!text.empty() && !read.faulty && !reader.complete()) {
    std::string bytes(text.substr(0, part));
    text.remove_prefix(bytes.size());
    std::size_t head_size = 0;
    if (!reader.has_head()) {
      const auto taken = reader.read_head(bytes, {});
      read.faulty = taken.has_error();
      if (read.faulty) break;
      head_size = *taken;
      must(head_size <= bytes.size(), "no more is taken than is there");
      must(reader.has_head() || head_size == bytes.size(), "all is taken before a head ends");
    }
    if (!reader.has_head()) continue;
    const auto rest = std::as_writable_bytes(std::span(bytes)).subspan(head_size);
    const ResponseReader::Content content = reader.read_content(rest);
    must(content.size <= rest.size(), "no content but what came");
    read.content += bytes.substr(head_size, content.size);
    read.faulty = content.fault.has_value();
  }
  read.has_head = reader.has_head();
  read.status = reader.head().status;
  read.complete = reader.complete();
  must(!read.complete || reader.end(), "an answer that is complete may end");
  must(!reader.has_head() || !reader.reusable() || read.complete, "what is reused is complete");
  return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = tonearm::fuzz::text_of(data + 1, size - 1);
  const Read whole = read(text, std::max<std::size_t>(text.size(), 1));
  const Read parts = read(text, 1 + data[0] % 64);
  must(whole.faulty == parts.faulty, "a fault does not depend on how the bytes come");
  must(whole.has_head == parts.has_head, "nor does a head");
  must(!whole.has_head || whole.status == parts.status, "nor its status");
  must(whole.complete == parts.complete, "nor an end");
  must(whole.content == parts.content, "nor the content");
  return 0;
}
