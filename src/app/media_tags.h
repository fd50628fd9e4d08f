#pragma once

#include "tonearm/base/result.h"

#include <cstdint>
#include <string>

namespace tonearm::app {

/// What a media file says of itself: UTF-8 without NUL and without blanks around it; empty where
/// it says nothing.
struct MediaTags {
  std::string title;
  std::string artist;
  std::string album;
  std::int64_t seconds = 0;  ///< 0: unknown.
};

/// Reads the tags of a media file. Formats without tags that we know (Matroska) give none. The
/// error's detail says why there is nothing to play.
Result<MediaTags> read_media_tags(const std::string& path);

/// The media type by a name's extension, empty for what is no audio or video.
std::string media_type_of(std::string_view name);

/// A file's name as a title: without directories and extension, and UTF-8.
std::string title_from_name(std::string_view name);
/// The same of the last segment of a URL's path that is not empty, decoded where that gives a line
/// of text. Empty where there is none: host and query are for nobody to see.
std::string title_from_url(std::string_view url);
/// The same of a locator that is no file. An S3 key is a plain name; what a resolver is given may
/// be a URL, and a song's name only behind a slash.
std::string title_from_locator(std::string_view locator);

}  // namespace tonearm::app
