#include "server/forwarded.h"

#include "tonearm/base/ascii.h"
#include "tonearm/http/token.h"

#include "server/address_text.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace tonearm::server {
namespace {

/// Reads one Forwarded line (RFC 7239 §4): elements of pairs, `for="[2001:db8::1]:80";proto=http`.
class ForwardedLine {
 public:
  explicit ForwardedLine(std::string_view text) : left_(text) {}

  /// False when it breaks the grammar.
  bool read(Hops& hops) {
    for (;;) {
      skip_blanks();
      if (left_.empty()) return true;
      if (take(',')) continue;  // an empty element, RFC 9110 §5.6.1
      if (!read_element(hops)) return false;
      skip_blanks();
      if (!left_.empty() && !take(',')) return false;
    }
  }

 private:
  bool read_element(Hops& hops) {
    std::optional<std::string> node, proto, host;
    do {
      const std::string_view name = token();
      std::string value;
      // Some write `;` at the end, or twice.
      if (name.empty()) continue;
      if (!take('=') || !read_value(value)) return false;
      std::optional<std::string>* of = nullptr;
      if (iequals(name, "for")) of = &node;
      if (iequals(name, "proto")) of = &proto;
      if (iequals(name, "host")) of = &host;
      if (of == nullptr) continue;
      if (*of) return false;
      *of = std::move(value);
    } while (skip_blanks(), take(';') && (skip_blanks(), true));
    hops.push_back({node.has_value(), node ? parse_node(*node) : std::nullopt,
                    std::move(proto).value_or(""), std::move(host).value_or("")});
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
    const std::string_view found = leading(http::token_chars, left_);
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

Hops read_forwarded(const http::RequestHead& head) {
  Hops hops;
  // Several lines are one list in their order (RFC 9110 §5.3).
  for (const auto& line : head.fields) {
    if (!iequals(line.name, "Forwarded")) continue;
    Hops of_line;
    if (!ForwardedLine(line.value).read(of_line)) of_line = {{true, {}, {}, {}}};
    std::ranges::move(of_line, std::back_inserter(hops));
  }
  return hops;
}

Hops read_x_forwarded_for(const http::RequestHead& head) {
  Hops hops;
  for (const auto& line : head.fields) {
    if (!iequals(line.name, "X-Forwarded-For")) continue;
    for (std::string_view list = line.value; !list.empty();) {
      const std::size_t comma = list.find(',');
      const std::string_view member = trim(list.substr(0, comma));
      if (!member.empty()) hops.push_back({true, parse_node(member), {}, {}});
      list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    }
  }
  return hops;
}

std::optional<std::size_t> farthest_believed(const Hops& hops, const TrustedProxies& trusted) {
  if (hops.empty()) return std::nullopt;
  std::size_t at = hops.size() - 1;
  while (at > 0 && hops[at].client && trusted.trusts(hops[at].client)) --at;
  return at;
}

}  // namespace tonearm::server
