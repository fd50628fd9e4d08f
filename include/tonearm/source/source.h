#pragma once

#include "tonearm/base/locator.h"
#include "tonearm/base/result.h"
#include "tonearm/io/task.h"
#include "tonearm/source/origin_report.h"
#include "tonearm/source/resource.h"

#include <memory>

namespace tonearm::source {

/// What a source is asked for: where the bytes live, and what the catalog says of them.
struct SourceRequest {
  Locator locator;
  bool growing = false;  ///< The catalog says that it may still be written.
  bool raw = false;      ///< Nothing but samples: there is no header in it.
};

/// Opens songs' bytes: one implementation per scheme, and one that picks among them. One per loop
/// and configuration. A reload drops it while the loop runs, when the last request that began with
/// it has ended: what goes on longer (a fill, a drained rest) must own what it needs.
class Source {
 public:
  virtual ~Source() = default;
  /// bad_locator when it cannot be opened as it stands; the origin is not asked yet.
  virtual Result<std::unique_ptr<Resource>> open(const SourceRequest& request) = 0;
  /// Asks the origin, and says what it said; nothing is tried again that has failed. An error only
  /// when no answer came.
  virtual io::Task<Result<OriginReport>> probe(SourceRequest request) = 0;
  /// Nothing that was kept of it may be used from now on; an error when a part of it could not be
  /// removed, and a restart may bring it back.
  virtual io::Task<Result<void>> forget(SourceRequest) { co_return Result<void>{}; }
};

}  // namespace tonearm::source
