// The input is what a resolver's command printed. What is taken from it goes out as a request, and
// decides for how long it is kept.

#include "property.h"
#include "source/link_lifetime.h"
#include "source/resolver_answer.h"

#include <algorithm>

using tonearm::ErrorKind;
using tonearm::fuzz::must;

namespace {

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace std::chrono_literals;
  const std::string_view text = tonearm::fuzz::text_of(data, size);
  const auto answer = tonearm::source::read_resolver_answer(text);
  std::string_view url = text;
  if (answer) {
    url = answer->url.text;
    must(!has_control(url), "in one line");
    must(answer->url.scheme == "http" || answer->url.scheme == "https", "a scheme we ask");
    must(!answer->url.host.empty(), "a host");
    for (const auto& [name, value] : answer->headers) {
      must(!name.empty() && !has_control(name) && !has_control(value), "no line in a field");
      must(name.find_first_of(": ") == std::string::npos, "a name is a token");
    }
  } else {
    must(answer.error().kind == ErrorKind::resolver_failed, "what cannot be read is a failure");
  }
  const tonearm::source::UnixTime now{1'800'000'000s};
  const auto lifetime = tonearm::source::link_lifetime(url, now, 1h);
  must(0ms <= lifetime.renew && lifetime.renew <= lifetime.keep, "renewed before it ends");
  must(lifetime.stated || lifetime.keep <= 1h, "kept for the ttl at most when it says nothing");
  must(!lifetime.stated || lifetime.keep == *lifetime.stated, "else for what it says itself");
  must(lifetime.keep <= std::chrono::days(365), "and never for ever");
  return 0;
}
