#include "app/media_tags.h"

#include "tonearm/base/utf8.h"
#include "tonearm/http/content_type.h"

#include <boost/algorithm/string/trim.hpp>

#include <taglib/audioproperties.h>
#include <taglib/fileref.h>
#include <taglib/tag.h>
#include <taglib/tdebuglistener.h>
#include <taglib/wavfile.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace tonearm::app {
namespace {

/// TagLib tells stderr what it thinks of broken files; one line of ours is enough.
class Silence : public TagLib::DebugListener {
 public:
  void printMessage(const TagLib::String&) override {}
};

std::string text_of(const TagLib::String& tag) {
  std::string text = repaired_utf8(tag.to8Bit(true));
  std::erase(text, '\0');
  boost::algorithm::trim(text);
  return text;
}

void read_tag(const TagLib::Tag& tag, MediaTags& tags) {
  if (tags.title.empty()) tags.title = text_of(tag.title());
  if (tags.artist.empty()) tags.artist = text_of(tag.artist());
  if (tags.album.empty()) tags.album = text_of(tag.album());
}

Error unreadable(std::string why) { return Error{ErrorKind::internal, std::move(why), {}}; }

}  // namespace

Result<MediaTags> read_media_tags(const std::string& path) {
  static Silence silence;
  TagLib::setDebugListener(&silence);
  if (::access(path.c_str(), R_OK) != 0) {
    return unreadable(std::generic_category().message(errno));
  }
  const bool is_audio = media_type_of(path).starts_with("audio/");
  MediaTags tags;
  const TagLib::FileRef file(path.c_str(), true, TagLib::AudioProperties::Average);
  if (file.isNull()) {
    const bool known = path.ends_with(".mka") || path.ends_with(".weba") || path.ends_with(".aac");
    if (is_audio && !known) return unreadable("is damaged, or not what its name says");
    return tags;
  }
  read_tag(*file.tag(), tags);
  // FileRef's tag of a WAV is its ID3v2 alone; ffmpeg and most recorders write LIST INFO.
  if (const auto* const wav = dynamic_cast<TagLib::RIFF::WAV::File*>(file.file())) {
    read_tag(*wav->InfoTag(), tags);
  }
  const TagLib::AudioProperties* const properties = file.audioProperties();
  const int milliseconds = properties == nullptr ? 0 : properties->lengthInMilliseconds();
  if (milliseconds <= 0 && is_audio) return unreadable("holds no audio that can be read");
  tags.seconds = (milliseconds + 500) / 1000;
  return tags;
}

std::string media_type_of(std::string_view name) {
  std::string type = http::choose_content_type({}, {}, name);
  const bool is_media = type.starts_with("audio/") || type.starts_with("video/");
  // A playlist is no song, and .ts is more often source code than a transport stream.
  if (!is_media || type == "audio/x-mpegurl" || type == "video/mp2t") return {};
  return type;
}

std::string title_from_name(std::string_view name) {
  name = name.substr(name.find_last_of('/') + 1);
  const auto dot = name.find_last_of('.');
  if (dot != std::string_view::npos && dot > 0) name = name.substr(0, dot);
  return repaired_utf8(name);
}

}  // namespace tonearm::app
