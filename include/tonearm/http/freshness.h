#pragma once

#include "tonearm/http/validators.h"

#include <chrono>
#include <optional>
#include <string_view>

namespace tonearm::http {

/// What an origin's answer says about keeping it (RFC 9111), as received. Times are the origin's
/// unless they say otherwise.
struct CacheFields {
  /// There was a Cache-Control field. In a 304 it replaces all directives that are kept, also those
  /// that it does not name (RFC 9111 §3.2).
  bool cache_control = false;
  bool no_store = false;
  bool is_private = false;
  bool no_cache = false;  ///< May be kept, and must be revalidated before each use.
  /// Or proxy-revalidate or s-maxage: never served stale, nor fresh by a guess.
  bool must_revalidate = false;
  bool set_cookie = false;
  bool vary_any = false;  ///< `Vary: *`.
  std::optional<std::chrono::seconds> max_age;
  std::optional<std::chrono::seconds> s_maxage;
  /// How long it may serve when it is stale and the origin fails (RFC 5861 §4): a bound on ours.
  std::optional<std::chrono::seconds> stale_if_error;
  /// An Expires that is no date is one in the past (RFC 9111 §5.3).
  std::optional<HttpTime> expires;
  std::optional<HttpTime> date;  ///< See date_of().
  std::chrono::seconds age{0};   ///< The Age field: how old it was when it came.
  HttpTime received{};           ///< By our clock.

  friend bool operator==(const CacheFields&, const CacheFields&) = default;
};

/// Takes in one field of a response head; others than those above are ignored. Names without regard
/// to case; a malformed duration counts as 0, and of repeated ones the smallest (RFC 9111 §4.2.1).
void read_cache_field(CacheFields& fields, std::string_view name, std::string_view value);

/// When the answer was made: its Date, and without one when it was received (RFC 9110 §6.6.1).
HttpTime date_of(const CacheFields& fields);

/// What is kept, brought up to date by a 304 (RFC 9111 §3.2, §4.3.4): each field that it does not
/// have stays.
CacheFields update_cache_fields(const CacheFields& kept, const CacheFields& from_304);

/// Whether a shared cache may keep the answer (RFC 9111 §3), and tonearm wants to.
bool is_storable(const CacheFields& fields);

/// How long the answer is fresh (RFC 9111 §4.2): what the origin says, else a tenth of its
/// Last-Modified age (§4.2.2) but at most `most`, and 5 minutes without one (`most` if less). Of
/// what must be revalidated nothing is guessed: 0.
std::chrono::seconds freshness_lifetime(const CacheFields& fields,
                                        const std::optional<HttpTime>& last_modified,
                                        std::chrono::seconds most);

/// How old it is at `now` (RFC 9111 §4.2.3), never negative.
std::chrono::seconds current_age(const CacheFields& fields, HttpTime now);

/// Whether it may be served at `now` without asking the origin.
bool is_fresh(const CacheFields& fields, const std::optional<HttpTime>& last_modified,
              std::chrono::seconds most, HttpTime now);

/// Whether it may be served at `now` when the origin cannot be asked: `stale_for` past its
/// freshness, or less where it says so (RFC 5861 §4), and nothing in it forbids that (RFC 9111
/// §4.2.4).
bool is_usable_on_error(const CacheFields& fields, const std::optional<HttpTime>& last_modified,
                        std::chrono::seconds most, std::chrono::seconds stale_for, HttpTime now);

}  // namespace tonearm::http
