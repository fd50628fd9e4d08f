#pragma once

#include "catalog/catalog_files.h"

namespace tonearm::catalog {

/// Whether the write-ahead log there belongs to another file than the database: one that this
/// process saw it beside, and that was replaced by rename since. SQLite cannot tell, and would read
/// the other file's pages. Any thread.
bool has_foreign_log(const CatalogFiles& files);

}  // namespace tonearm::catalog
