#pragma once

#include "tonearm/cache/options.h"
#include "tonearm/server/options.h"
#include "tonearm/source/http_options.h"

#include "app/config.h"

#include <cstddef>
#include <functional>
#include <string_view>

namespace tonearm::app {

/// What each layer is told of the configuration, where that is not a part of it as it stands. The
/// whole only app sees.
cache::Options cache_options(const Config& config);
server::Options server_options(const Config& config);
source::HttpOptions http_options(const Config& config);

/// Which schemes are configured resolvers.
std::function<bool(std::string_view)> resolver_names(const Config& config);

}  // namespace tonearm::app
