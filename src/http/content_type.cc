#include "tonearm/http/content_type.h"

#include "tonearm/base/ascii.h"
#include "tonearm/http/token.h"

#include <algorithm>
#include <array>

namespace tonearm::http {
namespace {

constexpr std::string_view opaque_type = "application/octet-stream";

/// `type/subtype` without parameters.
std::string_view essence(std::string_view type) { return trim(type.substr(0, type.find(';'))); }

/// RFC 6838 §4.2 allows a name 127 characters.
bool is_restricted_name(std::string_view name) { return name.size() <= 127 && is_token(name); }

bool is_media_type(std::string_view essence) {
  const auto slash = essence.find('/');
  return slash != std::string_view::npos && is_restricted_name(essence.substr(0, slash)) &&
         is_restricted_name(essence.substr(slash + 1));
}

/// What a player may be handed; anything else could be run by a browser.
bool may_pass(std::string_view essence) {
  constexpr std::array<std::string_view, 9> others{"application/ogg",
                                                   "application/mp4",
                                                   "application/vnd.apple.mpegurl",
                                                   "application/x-mpegurl",
                                                   "application/mpegurl",
                                                   "application/dash+xml",
                                                   "application/xspf+xml",
                                                   "application/vnd.apple.mpegurl.audio",
                                                   "application/x-scpls"};
  if (!is_media_type(essence)) return false;
  return istarts_with(essence, "audio/") || istarts_with(essence, "video/") ||
         std::any_of(others.begin(), others.end(),
                     [&](std::string_view other) { return iequals(essence, other); });
}

/// What stands behind the last dot of a path or URL, whose query and fragment are no part of it.
std::string_view extension_of(std::string_view name) {
  if (istarts_with(name, "http://") || istarts_with(name, "https://")) {
    name = name.substr(0, name.find_first_of("?#"));
  }
  name = name.substr(name.find_last_of('/') + 1);
  const auto dot = name.find_last_of('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

/// The type that the extension of a path or URL says; empty when it says nothing.
std::string_view type_by_extension(std::string_view name) {
  struct Known {
    std::string_view extension;
    std::string_view type;
  };
  static constexpr std::array<Known, 27> known{{{"mp3", "audio/mpeg"},
                                                {"m4a", "audio/mp4"},
                                                {"m4b", "audio/mp4"},
                                                {"mp4", "video/mp4"},
                                                {"m4v", "video/mp4"},
                                                {"aac", "audio/aac"},
                                                {"flac", "audio/flac"},
                                                {"ogg", "audio/ogg"},
                                                {"oga", "audio/ogg"},
                                                {"opus", "audio/ogg"},
                                                {"ogv", "video/ogg"},
                                                {"wav", "audio/wav"},
                                                {"webm", "video/webm"},
                                                {"weba", "audio/webm"},
                                                {"mka", "audio/x-matroska"},
                                                {"mkv", "video/x-matroska"},
                                                {"aif", "audio/aiff"},
                                                {"aiff", "audio/aiff"},
                                                {"wma", "audio/x-ms-wma"},
                                                {"mov", "video/quicktime"},
                                                {"mpg", "video/mpeg"},
                                                {"ts", "video/mp2t"},
                                                {"m3u", "audio/x-mpegurl"},
                                                {"m3u8", "application/vnd.apple.mpegurl"},
                                                {"pls", "audio/x-scpls"},
                                                {"mpd", "application/dash+xml"},
                                                {"xspf", "application/xspf+xml"}}};
  const std::string_view extension = extension_of(name);
  for (const Known& one : known) {
    if (iequals(extension, one.extension)) return one.type;
  }
  return {};
}

/// Whether a comma stands outside of quotes, or the quotes are not closed. Browsers take such a
/// field for a list and its last member for the type, which would let any type pass behind a
/// harmless one.
bool looks_like_list(std::string_view type) {
  bool quoted = false;
  for (std::size_t i = 0; i < type.size(); ++i) {
    if (type[i] == ',' && !quoted) return true;
    if (type[i] == '"') quoted = !quoted;
    if (type[i] == '\\' && quoted) ++i;  // RFC 9110 §5.6.4: quoted-pair
  }
  return quoted;
}

/// The type as it may stand in a field: without control characters and commas, which only
/// parameters can hold, and no longer than what clients take.
std::string clean(std::string_view type) {
  constexpr std::size_t longest = 1024;
  type = trim(type, " ");
  const bool fits = type.size() <= longest && std::ranges::none_of(type, is_ctl);
  return std::string(fits && !looks_like_list(type) ? type : essence(type));
}

}  // namespace

std::string choose_content_type(std::string_view from_catalog, std::string_view from_origin,
                                std::string_view name) {
  const bool catalog_says = !essence(from_catalog).empty();
  std::string_view type = catalog_says ? from_catalog : from_origin;
  if (!catalog_says && says_nothing(type)) type = type_by_extension(name);
  return may_pass(essence(type)) ? clean(type) : std::string(opaque_type);
}

bool says_nothing(std::string_view type) {
  const std::string_view said = essence(type);
  return said.empty() || iends_with(said, "/octet-stream");
}

std::string_view choose_image_type(std::string_view from_origin, std::string_view name) {
  struct Known {
    std::string_view extension;
    std::string_view type;
  };
  static constexpr std::array<Known, 7> known{{{"jpg", "image/jpeg"},
                                               {"jpeg", "image/jpeg"},
                                               {"bmp", "image/bmp"},
                                               {"png", "image/png"},
                                               {"webp", "image/webp"},
                                               {"gif", "image/gif"},
                                               {"avif", "image/avif"}}};
  const std::string_view said = essence(from_origin);
  const std::string_view extension = extension_of(name);
  for (const Known& one : known) {
    if (says_nothing(from_origin) ? iequals(extension, one.extension) : iequals(said, one.type)) {
      return one.type;
    }
  }
  return {};
}

}  // namespace tonearm::http
