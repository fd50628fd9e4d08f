#pragma once

#include "tonearm/http/validators.h"

#include <cstdint>
#include <optional>
#include <string>

namespace tonearm::source {

/// What an origin answered to `Range: bytes=0-1`, and where that was of no use, without a Range;
/// for `tonearm probe`. For the operator's eyes: the URL is a secret.
struct OriginReport {
  std::string url;                      ///< Where it was asked in the end, redirects followed.
  unsigned status = 0;                  ///< 0: no answer came.
  std::optional<std::uint64_t> length;  ///< Of the whole representation, bytes.
  std::string content_type;
  http::Validators validators;
  bool ranges = false;            ///< It answered the range that was asked.
  std::string no_ranges_because;  ///< Why it was asked again; empty when it was not.
  bool resumable = false;         ///< What breaks off goes on where it broke.
  std::string complaint;          ///< Why its answer is of no use; empty when it is.
};

}  // namespace tonearm::source
