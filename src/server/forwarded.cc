#include "server/forwarded.h"

#include "tonearm/base/ascii.h"

#include "server/address_text.h"

#include <string>

namespace tonearm::server {
namespace {

constexpr std::string_view token_characters =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Reads one Forwarded line (RFC 7239 §4): elements of pairs, `for="[2001:db8::1]:80";proto=http`.
class ForwardedLine {
 public:
  explicit ForwardedLine(std::string_view text) : left_(text) {}

  /// False when it breaks the grammar. Sets `*says_for` when an element has one.
  bool read(ForwardedFor& hops, bool* says_for) {
    for (;;) {
      skip_blanks();
      if (left_.empty()) return true;
      if (take(',')) continue;  // an empty element, RFC 9110 §5.6.1
      if (!read_element(hops, says_for)) return false;
      skip_blanks();
      if (!left_.empty() && !take(',')) return false;
    }
  }

 private:
  bool read_element(ForwardedFor& hops, bool* says_for) {
    std::optional<std::string> node;
    do {
      const std::string_view name = token();
      std::string value;
      // Some write `;` at the end, or twice.
      if (name.empty()) continue;
      if (!take('=') || !read_value(value)) return false;
      if (!iequals(name, "for")) continue;
      if (node) return false;
      node = std::move(value);
    } while (skip_blanks(), take(';') && (skip_blanks(), true));
    if (node) *says_for = true;
    hops.push_back(node ? parse_node(*node) : std::nullopt);
    return true;
  }

  bool read_value(std::string& value) {
    if (!take('"')) {
      // RFC 7239 wants quotes around a colon or brackets; not everybody reads it.
      const std::size_t end = left_.find_first_of(",; \t");
      value = left_.substr(0, end);
      left_.remove_prefix(value.size());
      return !value.empty() && value.find('"') == value.npos;
    }
    while (!left_.empty()) {
      const char c = pop();
      if (c == '"') return true;
      if (c == '\\' && left_.empty()) return false;
      value += c == '\\' ? pop() : c;
    }
    return false;
  }

  std::string_view token() {
    const std::string_view found = left_.substr(0, left_.find_first_not_of(token_characters));
    left_.remove_prefix(found.size());
    return found;
  }
  bool take(char c) {
    if (!left_.starts_with(c)) return false;
    left_.remove_prefix(1);
    return true;
  }
  char pop() {
    const char c = left_.front();
    left_.remove_prefix(1);
    return c;
  }
  void skip_blanks() {
    left_.remove_prefix(std::min(left_.find_first_not_of(" \t"), left_.size()));
  }

  std::string_view left_;
};

}  // namespace

std::optional<ForwardedFor> read_forwarded(const http::RequestHead& head) {
  ForwardedFor hops;
  bool says_for = false;
  // Several lines are one list in their order (RFC 9110 §5.3).
  for (const auto& line : head.fields) {
    if (!iequals(line.name, "Forwarded")) continue;
    ForwardedFor of_line;
    if (ForwardedLine(line.value).read(of_line, &says_for)) {
      hops.insert(hops.end(), of_line.begin(), of_line.end());
    } else {
      hops.emplace_back();
      says_for = true;
    }
  }
  if (!says_for) return std::nullopt;
  return hops;
}

ForwardedFor read_x_forwarded_for(const http::RequestHead& head) {
  ForwardedFor hops;
  for (const auto& line : head.fields) {
    if (!iequals(line.name, "X-Forwarded-For")) continue;
    for (std::string_view list = line.value; !list.empty();) {
      const std::size_t comma = list.find(',');
      const std::string_view member = trim(list.substr(0, comma));
      if (!member.empty()) hops.push_back(parse_node(member));
      list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    }
  }
  return hops;
}

}  // namespace tonearm::server
