#pragma once

#include "tonearm/base/locator.h"
#include "tonearm/base/result.h"
#include "tonearm/catalog/song.h"

#include "server/request.h"

#include <functional>
#include <string_view>

namespace tonearm::server {

/// GET and HEAD of /songs/{id}/thumbnail: a relative thumbnail of the catalog, from the source that
/// the song itself has. Raster images only; anything else is as if it were not there.
io::Task<Result<void>> send_thumbnail(const Request& request, Responder& responder);

/// Where a song's thumbnail is. A relative name is below files.root for a song that is there, in
/// the song's bucket for one on S3, and below upstream.base_url for all others.
Result<Locator> thumbnail_locator(std::string_view thumbnail, std::string_view song_file,
                                  const std::function<bool(std::string_view)>& is_resolver);

}  // namespace tonearm::server
