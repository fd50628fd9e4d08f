#pragma once

#include <chrono>
#include <string>

namespace tonearm::source {

/// What the file source takes from [files].
struct FileOptions {
  std::string root;  ///< Empty: no file can be opened.
  /// A growing file that was not written to for so long has ended.
  std::chrono::milliseconds growth_timeout{10'000};
};

}  // namespace tonearm::source
