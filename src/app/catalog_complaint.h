#pragma once

#include "tonearm/base/error.h"

#include "app/config.h"

#include <string>

namespace tonearm::app {

/// What a command says of a catalog's error: what is wrong with the file is told with its key and
/// that key's place, and what would be right. What is wrong with a statement says all that itself.
std::string catalog_complaint(const Config& config, const Error& error);

}  // namespace tonearm::app
