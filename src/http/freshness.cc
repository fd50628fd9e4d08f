#include "tonearm/http/freshness.h"

#include "tonearm/base/ascii.h"

#include <algorithm>
#include <cstdint>

namespace tonearm::http {
namespace {

using std::chrono::seconds;

/// Larger ages say no more, and sums of them must not overflow (RFC 9111 §1.2.2 wants 2^31).
constexpr seconds longest{std::int64_t{1} << 31};
constexpr seconds without_any_date{300};

/// RFC 9111 §1.2.2. Empty when it is no number.
std::optional<seconds> parse_delta(std::string_view text) {
  if (text.empty()) return std::nullopt;
  seconds value{0};
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = std::min(longest, value * 10 + seconds(c - '0'));
  }
  return value;
}

/// The next member of a list, its quotes respected.
std::string_view take_directive(std::string_view& list) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < list.size() && (quoted || list[end] != ','); ++end) {
    if (list[end] == '"') quoted = !quoted;
    if (quoted && list[end] == '\\' && end + 1 < list.size()) ++end;
  }
  const std::string_view directive = trim(list.substr(0, end));
  list = end < list.size() ? list.substr(end + 1) : std::string_view();
  return directive;
}

void set_least(std::optional<seconds>& least, std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  const seconds given = parse_delta(value).value_or(seconds(0));
  least = least ? std::min(*least, given) : given;
}

/// RFC 9111 §5.2.2. A directive with field names (`no-cache="x"`) is taken as one without:
/// stricter.
void read_directive(CacheFields& fields, std::string_view directive) {
  const auto equals = directive.find('=');
  const std::string_view name = trim(directive.substr(0, equals));
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view() : trim(directive.substr(equals + 1));
  if (iequals(name, "no-store")) fields.no_store = true;
  if (iequals(name, "private")) fields.is_private = true;
  if (iequals(name, "no-cache")) fields.no_cache = true;
  if (iequals(name, "must-revalidate") || iequals(name, "proxy-revalidate")) {
    fields.must_revalidate = true;
  }
  if (iequals(name, "max-age")) set_least(fields.max_age, value);
  if (iequals(name, "stale-if-error")) set_least(fields.stale_if_error, value);
  if (iequals(name, "s-maxage")) {
    set_least(fields.s_maxage, value);
    fields.must_revalidate = true;  // §5.2.2.10
  }
}

}  // namespace

void read_cache_field(CacheFields& fields, std::string_view name, std::string_view value) {
  if (iequals(name, "cache-control")) {
    fields.cache_control = true;
    while (!value.empty()) read_directive(fields, take_directive(value));
  } else if (iequals(name, "expires")) {
    const HttpTime expires = parse_http_date(trim(value)).value_or(HttpTime{});
    fields.expires = fields.expires ? std::min(*fields.expires, expires) : expires;
  } else if (iequals(name, "date")) {
    fields.date = parse_http_date(trim(value));
  } else if (iequals(name, "age")) {
    const std::string_view first = value.substr(0, value.find(','));  // §5.1, of a list
    fields.age = parse_delta(trim(first)).value_or(seconds(0));
  } else if (iequals(name, "set-cookie")) {
    fields.set_cookie = true;
  } else if (iequals(name, "vary")) {
    while (!value.empty()) fields.vary_any = take_directive(value) == "*" || fields.vary_any;
  }
}

HttpTime date_of(const CacheFields& fields) { return fields.date.value_or(fields.received); }

CacheFields update_cache_fields(const CacheFields& kept, const CacheFields& from_304) {
  CacheFields updated = from_304;
  if (!from_304.cache_control) {
    updated.cache_control = kept.cache_control;
    updated.no_cache = kept.no_cache;
    updated.must_revalidate = kept.must_revalidate;
    updated.max_age = kept.max_age;
    updated.s_maxage = kept.s_maxage;
    updated.stale_if_error = kept.stale_if_error;
  }
  // A date that has passed says nothing of a version that was found current after it.
  if (!from_304.expires && kept.expires) {
    updated.expires = date_of(from_304) + (*kept.expires - date_of(kept));
  }
  return updated;
}

bool is_storable(const CacheFields& fields) {
  return !fields.no_store && !fields.is_private && !fields.set_cookie && !fields.vary_any;
}

seconds freshness_lifetime(const CacheFields& fields, const std::optional<HttpTime>& last_modified,
                           seconds most) {
  if (fields.s_maxage) return *fields.s_maxage;
  if (fields.max_age) return *fields.max_age;
  const HttpTime date = date_of(fields);
  if (fields.expires) return std::clamp(seconds(*fields.expires - date), seconds(0), longest);
  if (fields.must_revalidate) return seconds(0);
  if (!last_modified || *last_modified > date) return std::min(without_any_date, most);
  return std::min(seconds(date - *last_modified) / 10, most);
}

seconds current_age(const CacheFields& fields, HttpTime now) {
  const seconds apparent = std::max(seconds(0), seconds(fields.received - date_of(fields)));
  const seconds resident = std::max(seconds(0), seconds(now - fields.received));
  return std::min(longest, std::max(apparent, fields.age)) + std::min(longest, resident);
}

bool is_fresh(const CacheFields& fields, const std::optional<HttpTime>& last_modified, seconds most,
              HttpTime now) {
  // A clock that was set back would make everything fresh for as long.
  if (fields.no_cache || now < fields.received) return false;
  return current_age(fields, now) < freshness_lifetime(fields, last_modified, most);
}

bool is_usable_on_error(const CacheFields& fields, const std::optional<HttpTime>& last_modified,
                        seconds most, seconds stale_for, HttpTime now) {
  if (fields.no_cache || fields.must_revalidate) return false;
  const seconds allowed = std::min(stale_for, fields.stale_if_error.value_or(longest));
  const seconds until =
      freshness_lifetime(fields, last_modified, most) + std::min(allowed, longest);
  return current_age(fields, now) < until;
}

}  // namespace tonearm::http
