#pragma once

#include "app/config.h"

#include <cstddef>
#include <string>

namespace tonearm::app {

/// Raises the soft limit of descriptors (RLIMIT_NOFILE) to what server.max_connections wants, as
/// far as the hard one lets it; the limit is never lowered. What is to be said where not even all
/// clients fit, else nothing.
std::string raise_descriptor_limit(const Config& config, std::size_t loops);

}  // namespace tonearm::app
