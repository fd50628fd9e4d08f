#include "tonearm/http/content_range.h"

#include "tonearm/base/ascii.h"
#include "tonearm/base/number.h"

namespace tonearm::http {

std::optional<ContentRange> parse_content_range(std::string_view field) {
  constexpr std::string_view unit = "bytes ";
  if (!istarts_with(field, unit)) return std::nullopt;
  field.remove_prefix(unit.size());
  const auto slash = field.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view range = field.substr(0, slash);
  const std::string_view complete = field.substr(slash + 1);
  ContentRange out;
  if (complete != "*") {
    out.complete = parse_number<std::uint64_t>(complete);
    if (!out.complete) return std::nullopt;
  }
  if (range == "*") return out.complete ? std::optional(out) : std::nullopt;
  const auto dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_number<std::uint64_t>(range.substr(0, dash));
  const auto last = parse_number<std::uint64_t>(range.substr(dash + 1));
  if (!first || !last || *last < *first || *last + 1 == 0) return std::nullopt;
  if (out.complete && *out.complete <= *last) return std::nullopt;
  out.range = ByteRange{*first, *last + 1};
  return out;
}

std::string format_content_range(const ByteRange& range, std::optional<std::uint64_t> complete) {
  std::string text;
  text.reserve(64);
  text += "bytes ";
  append_number(text, range.first);
  text += '-';
  append_number(text, range.end - 1);
  text += '/';
  if (!complete) return text += '*';
  append_number(text, *complete);
  return text;
}

std::string format_unsatisfied_range(std::uint64_t complete) {
  return "bytes */" + std::to_string(complete);
}

}  // namespace tonearm::http
