#include "server/sound_view.h"

namespace tonearm::server {

Result<source::SoundView> sound_view_of(const catalog::Song& song, const http::Target& target) {
  source::SoundView view;
  if (!song.pcm_format.empty()) {
    view.pcm = http::parse_pcm_format(song.pcm_format);
    if (!view.pcm) {
      return Error{ErrorKind::bad_locator,
                   "the pcm_format is not ENCODING/RATE/CHANNELS like s16le/16000/1 (u8, s16le, "
                   "s24le, s32le or f32le; 1 to 768000 frames a second; 1 to 8 channels)",
                   {}};
    }
  }
  if (const auto position = target.parameter("pos")) {
    view.position = http::SoundPosition::parse(*position);
    if (!view.position) {
      return Error{
          ErrorKind::bad_request, "pos is a plain decimal number of seconds: 25 or 25.5", {}};
    }
  }
  return view;
}

}  // namespace tonearm::server
