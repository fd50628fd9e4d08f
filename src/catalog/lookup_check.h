#pragma once

#include "tonearm/base/result.h"
#include "tonearm/catalog/catalog_options.h"

#include "catalog/prepared_query.h"
#include "catalog/sqlite_handles.h"

namespace tonearm::catalog {

/// `catalog.lookup`, prepared: one read-only SELECT with :id, no other parameter, and a column
/// file. All else is catalog_unavailable.
Result<PreparedQuery> prepare_checked_lookup(sqlite3* connection, const CatalogOptions& options);

/// `catalog.list`, prepared: one read-only SELECT without parameters, with a column id.
/// path_not_found when there is none to list by, else catalog_unavailable.
Result<Statement> prepare_checked_list(sqlite3* connection, const CatalogOptions& options);

}  // namespace tonearm::catalog
