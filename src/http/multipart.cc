#include "tonearm/http/multipart.h"

#include "tonearm/http/content_range.h"

namespace tonearm::http {

std::string part_head(const ByteRange& range, std::uint64_t complete, std::string_view content_type,
                      std::string_view boundary, bool first) {
  std::string head = first ? "--" : "\r\n--";
  head += boundary;
  head += "\r\nContent-Type: ";
  head += content_type;
  head += "\r\nContent-Range: ";
  head += format_content_range(range, complete);
  head += "\r\n\r\n";
  return head;
}

std::string multipart_tail(std::string_view boundary) {
  return "\r\n--" + std::string(boundary) + "--\r\n";
}

std::uint64_t multipart_length(const ByteRanges& parts, std::uint64_t complete,
                               std::string_view content_type, std::string_view boundary) {
  std::uint64_t length = multipart_tail(boundary).size();
  bool first = true;
  for (const ByteRange& part : parts) {
    length += part_head(part, complete, content_type, boundary, first).size() + part.size();
    first = false;
  }
  return length;
}

}  // namespace tonearm::http
