#include "tonearm/http/representation_request.h"

#include <algorithm>
#include <string_view>

namespace tonearm::http {
namespace {

/// The range that is asked for, as far as the fields around it do not undo it. Range is no list
/// that may be split over lines (RFC 9110 §5.3, §14.2): given twice, it is ambiguous, hence
/// ignored. An empty If-Range is one that matches nothing.
RangeField read_range(const RequestHead& head) {
  const auto lines = std::count_if(head.fields.begin(), head.fields.end(),
                                   [](const auto& line) { return line.id == field::range; });
  const bool never = head.has(field::if_range) && head.get(field::if_range).empty();
  return lines == 1 && !never ? parse_range(head.get(field::range)) : RangeField{};
}

std::optional<EntityTagList> read_tags(const RequestHead& head, field id) {
  if (!head.has(id)) return std::nullopt;
  std::string storage;
  return parse_entity_tag_list(head.get_combined(id, storage));
}

/// Several lines are no date, and then the field is ignored (RFC 9110 §13.1.3, §13.1.4).
std::optional<HttpTime> read_date(const RequestHead& head, field id) {
  std::string storage;
  const std::string_view field = head.get_combined(id, storage);
  if (field.empty()) return std::nullopt;  // as nearly always
  return parse_http_date(field);
}

}  // namespace

RepresentationRequest read_representation_request(const RequestHead& head) {
  RepresentationRequest request;
  request.head = head.method == verb::head;
  request.range = read_range(head);
  request.if_match = read_tags(head, field::if_match);
  request.if_none_match = read_tags(head, field::if_none_match);
  request.if_modified_since = read_date(head, field::if_modified_since);
  request.if_unmodified_since = read_date(head, field::if_unmodified_since);
  // Several lines are neither tag nor date: joined, they match nothing.
  std::string storage;
  request.if_range = head.get_combined(field::if_range, storage);
  return request;
}

}  // namespace tonearm::http
