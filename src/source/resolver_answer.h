#pragma once

#include "tonearm/base/result.h"

#include "source/origin_url.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tonearm::source {

/// Where a resolver's command says that a song is. It read the pages of strangers: nothing in here
/// is trusted more than a redirect is.
struct ResolverAnswer {
  OriginUrl url;
  /// For requests to the URL's own origin; safe to send.
  std::vector<std::pair<std::string, std::string>> headers;
  /// What it says of the media type; empty when it says nothing.
  std::string content_type;
};

/// Reads what the command printed: the first line that is a URL counts, or a JSON object as `yt-dlp
/// -J` prints it from the first line on that opens one, whichever comes first. Only http and https
/// are taken. resolver_failed says what was wrong with it.
Result<ResolverAnswer> read_resolver_answer(std::string_view output);

}  // namespace tonearm::source
