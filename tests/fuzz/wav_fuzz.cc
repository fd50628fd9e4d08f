// The input is a file that may be a WAV; its first byte says how long a position is asked for.

#include "tonearm/http/wav_layout.h"

#include "property.h"

#include <algorithm>
#include <string>

using namespace tonearm::http;
using tonearm::fuzz::must;

namespace {

std::string_view cut(std::string_view file, const ByteRange& range) {
  if (range.first >= file.size()) return {};
  return file.substr(static_cast<std::size_t>(range.first), static_cast<std::size_t>(range.size()));
}

WavLayoutReader read(std::string_view file) {
  WavLayoutReader reader;
  std::uint64_t reached = 0;
  unsigned rounds = 0;
  while (reader.state() == WavLayoutReader::State::reading) {
    const ByteRange wanted = reader.wanted();
    must(wanted.first < wanted.end && wanted.size() <= 40, "it asks for a few bytes");
    must(wanted.first >= reached, "it never goes back");
    reached = wanted.end;
    must(++rounds <= 3 * WavLayoutReader::most_chunks, "it comes to an end");
    reader.feed(cut(file, wanted));
  }
  return reader;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file = tonearm::fuzz::text_of(data, size);
  const WavLayoutReader reader = read(file);
  const auto position = SoundPosition::parse(file.substr(0, 32));
  if (position) must(position->frame(1) <= position->frame(2), "time does not run backwards");
  const auto pcm = parse_pcm_format(file.substr(0, 32));
  if (pcm) must(pcm->frame_size() > 0 && pcm->frame_size() <= 32, "a frame has a size");
  if (reader.state() != WavLayoutReader::State::found) return 0;
  const WavLayout& layout = reader.layout();
  must(layout.data_first <= size, "the sound begins in the file");
  must(layout.format.frame_size() > 0 && layout.format.rate > 0, "a frame has a size and a time");
  // What we would write before this sound reads as the same again.
  for (const auto& sound : {layout.data_size, std::optional<std::uint64_t>()}) {
    const std::string header = wav_header(layout.format, sound);
    const WavLayoutReader again = read(header);
    must(again.state() == WavLayoutReader::State::found, "our own header is a WAV's");
    must(again.layout().format == layout.format, "the format survives");
    must(again.layout().data_first == header.size(), "the sound begins behind the header");
    must(again.layout().data_size == sound, "the size survives");
  }
  return 0;
}
