#pragma once

#include "tonearm/http/plan.h"

namespace tonearm::http {

/// The answer to a request for what is still being written, preconditions aside. It has no
/// validators, so that no If-Range matches.
ResponsePlan plan_growing(const RepresentationRequest& request, const Growth& growth);

}  // namespace tonearm::http
