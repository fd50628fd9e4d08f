#pragma once

#include "tonearm/base/locator.h"
#include "tonearm/base/result.h"

namespace tonearm::source {

/// bad_locator for what no source could open, whatever there is at its origin. Asks nobody. The
/// detail says what to give instead.
Result<void> check_locator(const Locator& locator);

}  // namespace tonearm::source
