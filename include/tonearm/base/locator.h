#pragma once

#include "tonearm/base/char_set.h"
#include "tonearm/base/result.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace tonearm {

/// What the NAME of `NAME:anything` may hold.
inline constexpr CharSet resolver_name_chars = make_char_set("+-._");

/// Where a song's bytes live: the catalog's `file` value, told apart by its scheme but not yet
/// checked against any source.
struct Locator {
  enum class Kind : std::uint8_t {
    plain,     ///< `songs/a b.mp3`: a plain name below upstream.base_url, nothing encoded.
    url,       ///< `http://…` or `https://…`, taken as encoded already.
    s3,        ///< `s3://bucket/key`; value is `bucket/key`, key a plain name.
    file,      ///< `file:a/b.wav`; value is the path below files.root.
    resolver,  ///< `NAME:anything` of a configured [resolver.NAME].
  };
  static constexpr std::size_t kinds = 5;

  Kind kind = Kind::plain;
  /// Without the scheme for s3, file and resolver; the whole URL for url; the name for plain.
  std::string value;
  /// The resolver's NAME in lower case; empty for every other kind.
  std::string resolver;

  friend bool operator==(const Locator&, const Locator&) = default;
};

/// What the access log and /metrics call a kind; never where something is.
constexpr std::string_view to_string(Locator::Kind kind) {
  switch (kind) {
    case Locator::Kind::plain:
    case Locator::Kind::url:
      return "http";
    case Locator::Kind::s3:
      return "s3";
    case Locator::Kind::file:
      return "file";
    case Locator::Kind::resolver:
      return "resolver";
  }
  return {};
}

/// Tells the kinds apart. `is_resolver` says whether a scheme, in lower case, is a configured
/// resolver. A name with a colon that is none of these is a plain name (`AC: DC.mp3`), but an
/// unknown `x://` and an empty value are `bad_locator`. Schemes are compared without regard to
/// case.
Result<Locator> parse_locator(std::string_view file,
                              const std::function<bool(std::string_view)>& is_resolver);

}  // namespace tonearm
