#pragma once

#include "cache/fill_job.h"

#include <memory>

namespace tonearm::cache {

/// Whether a request that asks so, and would read of all that there is, would have the song kept:
/// from what the visit has learned of it.
bool brings_it(const Visit& visit, const source::ReadIntent& ask, bool reads);

/// Asks the origin what it has, tells who waits for the job's visit, and goes on to fetch what the
/// inquiry wants if that can be kept.
io::Task<void> visit_origin(std::shared_ptr<FillJob> job, Inquiry inquiry,
                            std::shared_ptr<HandOver> hand_over);

}  // namespace tonearm::cache
