#include "app/media_tags.h"

#include "tonearm/base/ascii.h"
#include "tonearm/base/utf8.h"
#include "tonearm/http/content_type.h"
#include "tonearm/http/wav_layout.h"

#include "app/percent_decoding.h"

#include <boost/algorithm/string/trim.hpp>

#include <taglib/audioproperties.h>
#include <taglib/fileref.h>
#include <taglib/tag.h>
#include <taglib/tdebuglistener.h>
#include <taglib/wavfile.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
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

/// What TagLib knows nothing of.
bool may_be_unknown(const std::string& path) {
  constexpr std::string_view extensions[] = {".mka", ".weba", ".aac"};
  return std::ranges::any_of(extensions, [&](auto one) { return iends_with(path, one); });
}

/// TagLib finds none in a WAV whose sizes say nothing: who wrote it to a pipe knew none.
bool has_wav_sound(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  http::WavLayoutReader reader;
  while (reader.state() == http::WavLayoutReader::State::reading) {
    std::string bytes(reader.wanted().size(), '\0');
    file.seekg(static_cast<std::streamoff>(reader.wanted().first));
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    reader.feed(bytes);
  }
  if (reader.state() != http::WavLayoutReader::State::found) return false;
  file.seekg(static_cast<std::streamoff>(reader.layout().data_first));
  return file.peek() != std::ifstream::traits_type::eof();
}

bool is_line_of_text(std::string_view text) {
  if (text.find_first_not_of(' ') == std::string_view::npos) return false;
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0 || is_control(text.substr(0, length))) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// Of a path: what follows its last slash, but for slashes at its end.
std::string_view last_segment(std::string_view path) {
  path = path.substr(0, path.find_last_not_of('/') + 1);
  return path.substr(path.find_last_of('/') + 1);
}

/// What follows a URL's host; empty when nothing does.
std::string_view path_of(std::string_view url) {
  if (const auto scheme_end = url.find("://"); scheme_end != std::string_view::npos) {
    url.remove_prefix(scheme_end + 3);
  }
  const auto slash = url.find('/');
  return slash == std::string_view::npos ? std::string_view() : url.substr(slash);
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
    if (is_audio && !may_be_unknown(path))
      return unreadable("is damaged, or not what its name says");
    return tags;
  }
  read_tag(*file.tag(), tags);
  // FileRef's tag of a WAV is its ID3v2 alone; ffmpeg and most recorders write LIST INFO.
  if (const auto* const wav = dynamic_cast<TagLib::RIFF::WAV::File*>(file.file())) {
    read_tag(*wav->InfoTag(), tags);
  }
  const TagLib::AudioProperties* const properties = file.audioProperties();
  const int milliseconds = properties == nullptr ? 0 : properties->lengthInMilliseconds();
  // What came through a pipe may have a rate and no length.
  const bool has_sound =
      milliseconds > 0 || (properties != nullptr && properties->sampleRate() > 0);
  if (is_audio && !has_sound && !has_wav_sound(path)) {
    return unreadable("holds no audio that can be read");
  }
  tags.seconds = (std::max(milliseconds, 0) + 500) / 1000;
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
  name = last_segment(name);
  const auto dot = name.find_last_of('.');
  if (dot != std::string_view::npos && dot > 0) name = name.substr(0, dot);
  return repaired_utf8(name);
}

std::string title_from_url(std::string_view url) {
  const std::string_view segment = last_segment(path_of(url.substr(0, url.find_first_of("?#"))));
  const std::string whole = percent_decoded(segment);
  if (whole == "." || whole == "..") return {};
  // A URL within it has a host and a query of its own.
  if (whole.find("://") != std::string::npos) return title_from_url(whole);
  const std::string encoded = title_from_name(segment);
  std::string decoded = percent_decoded(encoded);
  return is_line_of_text(decoded) ? decoded : encoded;
}

std::string title_from_locator(std::string_view locator) {
  constexpr std::string_view s3 = "s3://";
  if (!istarts_with(locator, s3)) return title_from_url(locator);
  const auto key = std::min(locator.find('/', s3.size()), locator.size());
  return title_from_name(locator.substr(key));
}

}  // namespace tonearm::app
