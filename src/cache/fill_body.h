#pragma once

#include "cache/fill_job.h"

namespace tonearm::cache {

/// Fetches what the job's fill wants from `resource`, which has been described, and writes it down,
/// until the fill says that it is over.
io::Task<void> fill_body(FillJob& job, source::Resource& resource);

}  // namespace tonearm::cache
