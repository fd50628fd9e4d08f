#pragma once

#include "tonearm/io/task.h"
#include "tonearm/source/s3_account.h"
#include "tonearm/source/source_set.h"

#include "app/config.h"

#include <cstddef>

namespace tonearm::app {

/// Everything that one loop can open. `loops`: among how many upstream.max_connections_per_host is
/// divided; `accounts` are all loops'.
source::SourceSet make_sources(io::Executor executor, const Config& config, std::size_t loops,
                               source::S3Accounts& accounts);

}  // namespace tonearm::app
