#pragma once

#include "source/origin_url.h"

#include <string>
#include <string_view>

namespace tonearm::source {

/// What the field Cookie holds in a request for `url` (RFC 6265 §5.4); empty: there is none. `said`
/// is the text that yt-dlp calls `cookies`, in which attributes follow each cookie: `a=1;
/// Domain=.a.example; Path=/; Secure; Expires=1800000000; b=2; Domain=…`. One without a Domain is
/// for nobody, as yt-dlp itself has it; when one expires is for the resolver to know.
std::string cookies_for(const OriginUrl& url, std::string_view said);

}  // namespace tonearm::source
