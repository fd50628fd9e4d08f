#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tonearm::http {

/// Seconds since the epoch, UTC: the resolution of HTTP dates.
using HttpTime = std::chrono::sys_seconds;

/// RFC 9110 §5.6.7: IMF-fixdate, and the two obsolete forms that a recipient must accept.
std::optional<HttpTime> parse_http_date(std::string_view text);
/// IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`.
std::string format_http_date(HttpTime time);

/// An entity tag (RFC 9110 §8.8.3). `opaque` is with its quotes: `"abc"`.
struct EntityTag {
  std::string opaque;
  bool weak = false;
  friend bool operator==(const EntityTag&, const EntityTag&) = default;
};

/// Empty when it is not exactly one entity-tag.
std::optional<EntityTag> parse_entity_tag(std::string_view text);
/// The strong comparison of RFC 9110 §8.8.3.2: equal and neither weak.
bool strong_match(const EntityTag& a, const EntityTag& b);
/// The weak comparison of §8.8.3.2.
bool weak_match(const EntityTag& a, const EntityTag& b);

/// An If-Match or If-None-Match list (§13.1.1): `*`, or entity tags. Members that are no entity
/// tags are skipped (they can match nothing).
struct EntityTagList {
  bool any = false;
  std::vector<EntityTag> tags;
};
EntityTagList parse_entity_tag_list(std::string_view field);

/// What identifies one version of a representation.
struct Validators {
  std::optional<EntityTag> etag;  ///< As the origin sent it, weak ones included.
  std::optional<HttpTime> last_modified;
  /// last_modified is strong by RFC 9110 §8.8.2.2 (its answer made at least a second later).
  bool last_modified_is_strong = false;

  bool has_strong_etag() const { return etag && !etag->weak; }
  friend bool operator==(const Validators&, const Validators&) = default;
};

/// Whether a Last-Modified is strong given the Date of the same answer (RFC 9110 §8.8.2.2).
bool is_strong_last_modified(std::optional<HttpTime> last_modified, std::optional<HttpTime> date);

}  // namespace tonearm::http
