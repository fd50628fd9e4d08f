#pragma once

#include "tonearm/base/result.h"
#include "tonearm/catalog/song.h"
#include "tonearm/io/task.h"

#include <memory>
#include <string_view>

namespace tonearm::catalog {

/// Where songs are found. One per loop; never blocks it.
class SongStore {
 public:
  virtual ~SongStore() = default;

  /// The song as the catalog has it now, or song_not_found, or catalog_unavailable (missing,
  /// broken, or locked for 2 s). The id is any string; only one that is_song_id can exist. It must
  /// stay valid until the task has returned.
  virtual io::Task<Result<std::shared_ptr<const Song>>> find(std::string_view id) = 0;

  /// Whether the catalog can be read now: for /readyz.
  virtual io::Task<Result<void>> check() = 0;
};

}  // namespace tonearm::catalog
