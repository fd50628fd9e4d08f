#pragma once

#include "tonearm/source/resource.h"

#include <string>
#include <string_view>

namespace tonearm::server {

/// The value of Cache-Status (RFC 9211).
std::string cache_status(const source::CacheUse& use);

/// What the access log calls it: hit, partial or miss. A literal.
std::string_view cache_state(const source::CacheUse& use);

}  // namespace tonearm::server
