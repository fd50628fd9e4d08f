#pragma once

#include "tonearm/base/result.h"
#include "tonearm/catalog/song.h"
#include "tonearm/http/target.h"
#include "tonearm/source/sound.h"

namespace tonearm::server {

/// How a song's bytes are to be heard: the catalog's pcm_format, and `?pos=SECONDS` of the request.
/// bad_request for a position that is no plain decimal, bad_locator for a format that we do not
/// know.
Result<source::SoundView> sound_view_of(const catalog::Song& song, const http::Target& target);

}  // namespace tonearm::server
