#pragma once

#include "tonearm/base/recent_values.h"

#include <curl/curl.h>

#include <memory>
#include <string>

namespace tonearm::source {

/// Taken apart by libcurl; transfers make copies of it.
using ParsedUrl = std::shared_ptr<CURLU>;

/// The URLs that were asked lately, parsed: libcurl (7.88) else parses a transfer's and prints it
/// anew, byte by byte, which costs a tenth of a small request. One loop.
class ParsedUrls {
 public:
  /// Null when libcurl refuses it: a transfer that is given the text says why.
  ParsedUrl parse(const std::string& url);

 private:
  RecentValues<ParsedUrl> recent_{512};
};

}  // namespace tonearm::source
