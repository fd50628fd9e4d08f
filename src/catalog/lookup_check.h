#pragma once

#include "tonearm/base/result.h"
#include "tonearm/catalog/catalog_options.h"

#include "catalog/sqlite_handles.h"

namespace tonearm::catalog {

/// `catalog.lookup`, prepared.
struct CheckedLookup {
  Statement statement;
  int id_parameter = 0;
  /// False when it calls a function whose answer is another one later.
  bool depends_on_database_only = true;
};

/// Refuses, as catalog_unavailable, all that is not one read-only SELECT with :id, no other
/// parameter, and a column file.
Result<CheckedLookup> prepare_checked_lookup(sqlite3* connection, const CatalogOptions& options);

/// `catalog.list`, prepared: one read-only SELECT without parameters, with a column id.
/// path_not_found when there is none to list by, else catalog_unavailable.
Result<Statement> prepare_checked_list(sqlite3* connection, const CatalogOptions& options);

}  // namespace tonearm::catalog
