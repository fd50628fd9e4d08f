#include "source/link_lifetime.h"

#include "tonearm/base/ascii.h"
#include "tonearm/base/number.h"

#include "source/amz_date.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <string>

namespace tonearm::source {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Clocks differ, and a request takes its time: a link is given up a little before its end.
constexpr milliseconds widest_margin{30'000};
constexpr milliseconds earliest_renewal{300'000};
constexpr milliseconds longest_life = std::chrono::days(365);

// What is no Unix time of this age: a number of seconds from now, say, or of milliseconds.
constexpr std::int64_t first_time = 1'000'000'000;   // 2001
constexpr std::int64_t last_time = 100'000'000'000;  // 5138

std::optional<UnixTime> unix_time(std::string_view text) {
  const auto value = parse_number<std::int64_t>(text);
  if (!value || *value < first_time) return std::nullopt;
  if (*value <= last_time) return UnixTime(seconds(*value));
  if (*value <= last_time * 1000) return UnixTime(milliseconds(*value));
  return std::nullopt;
}

void keep_earlier(std::optional<UnixTime>& earliest, std::optional<UnixTime> other) {
  if (other && (!earliest || *other < *earliest)) earliest = other;
}

}  // namespace

std::optional<UnixTime> link_expiry(std::string_view url) {
  // Without the fragment: Boost.URL 1.81 reads past the end of a URL that has one behind an empty
  // query.
  const auto parsed = boost::urls::parse_absolute_uri(url.substr(0, url.find('#')));
  if (!parsed) return std::nullopt;
  std::optional<UnixTime> earliest;
  std::optional<std::chrono::sys_seconds> signed_at;
  std::optional<seconds> signed_for;
  for (const auto& parameter : parsed->params()) {
    const std::string_view name = parameter.key;
    const std::string_view value = parameter.value;
    if (iequals(name, "expire") || iequals(name, "expires")) {
      keep_earlier(earliest, unix_time(value));
    } else if (iequals(name, "X-Amz-Date")) {
      signed_at = parse_amz_date(value);
    } else if (iequals(name, "X-Amz-Expires")) {
      if (const auto count = parse_number<std::uint32_t>(value)) signed_for = seconds(*count);
    }
  }
  if (signed_at && signed_for) keep_earlier(earliest, *signed_at + *signed_for);
  return earliest;
}

LinkLifetime link_lifetime(std::string_view url, UnixTime found, milliseconds ttl) {
  LinkLifetime lifetime{};
  lifetime.keep = ttl;
  if (const auto expiry = link_expiry(url)) {
    const milliseconds left = std::clamp(*expiry - found, milliseconds(0), longest_life);
    const milliseconds until_given_up = left - std::min(widest_margin, left / 10);
    if (ttl > milliseconds(0)) lifetime.keep = until_given_up;
    // One that works although it is over by our clock is not asked for anew with each window.
    if (left > milliseconds(0)) lifetime.stated = until_given_up;
  }
  lifetime.renew = lifetime.keep - std::min(earliest_renewal, lifetime.keep / 5);
  return lifetime;
}

}  // namespace tonearm::source
