// The input is a URL and, on another line, a reference to resolve from it.

#include "tonearm/http/url.h"

#include "property.h"

#include <string>

using tonearm::fuzz::must;
using tonearm::http::Url;

namespace {

bool same(const Url& one, const Url& other) {
  return one.scheme == other.scheme && one.authority.userinfo == other.authority.userinfo &&
         one.authority.host == other.authority.host && one.authority.port == other.authority.port &&
         one.path == other.path && one.query == other.query;
}

void check(const Url& url) {
  const std::string text = to_string(url);
  const auto again = tonearm::http::parse_url(text);
  must(again && same(*again, url), "written and read again it is the same");
  must(url.path.empty() || url.path.front() == '/', "a path begins where the host ends");
  must(url.authority.host.find_first_of("/?#@\\ ") == std::string::npos, "a host is no more");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = tonearm::fuzz::text_of(data, size);
  const auto line = text.find('\n');
  const auto url = tonearm::http::parse_url(text.substr(0, line));
  if (!url) return 0;
  check(*url);
  if (line == text.npos) return 0;
  const std::string_view reference = text.substr(line + 1);
  const auto target = tonearm::http::resolve(*url, reference);
  if (!target) return 0;
  const bool has_own = tonearm::http::authority_in(reference).has_value();
  const bool has_scheme = target->scheme != url->scheme;
  if (!has_own && target->authority.host != url->authority.host) {
    must(target->authority.host.empty(), "without a host of its own it has that of the base");
  }
  if (has_own || !has_scheme) {
    if (!target->authority.host.empty()) check(*target);
  }
  return 0;
}
