#pragma once

#include "server/request.h"

namespace tonearm::server {

/// GET and HEAD of /songs/listen/{id}: finds the song, opens its source, plans, pumps.
io::Task<Result<void>> stream_song(const Request& request, Responder& responder);

}  // namespace tonearm::server
