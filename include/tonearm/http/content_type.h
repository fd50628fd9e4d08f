#pragma once

#include <string>
#include <string_view>

namespace tonearm::http {

/// The type that a client is told: the catalog's, else the origin's unless it is
/// missing or */octet-stream, else by the extension of `name`; only audio/*, video/*,
/// application/ogg, application/mp4 and playlist types (M3U, PLS, HLS, DASH, XSPF) pass, all others
/// become application/octet-stream. Never contains CR, LF or NUL.
std::string choose_content_type(std::string_view from_catalog, std::string_view from_origin,
                                std::string_view name);

/// Whether a type, parameters and all, is missing or */octet-stream.
bool says_nothing(std::string_view type);

/// The type of a raster image that a browser shows and never runs: jpeg, png, webp, gif, avif or
/// bmp. The origin's, or by the extension of `name` where it says nothing; empty for all others.
std::string_view choose_image_type(std::string_view from_origin, std::string_view name);

}  // namespace tonearm::http
