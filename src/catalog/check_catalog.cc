#include "tonearm/catalog/check_catalog.h"

#include "catalog/catalog_reader.h"
#include "catalog/lookup_check.h"

#include <chrono>

namespace tonearm::catalog {

Result<CatalogDescription> check_catalog(const CatalogOptions& options) {
  return CatalogReader(options).describe();
}

Result<void> check_statements(const CatalogOptions& options) {
  const CatalogFiles files(options.path);
  const auto limit = TimeLimit::from(std::chrono::steady_clock::now(), options.stop);
  const auto database = Database::open(files, *options.log_owners, limit);
  if (!database) return {};
  if (!options.lookup.empty()) {
    const auto lookup = prepare_checked_lookup(database->connection(), options);
    if (!lookup) return lookup.error();
  }
  if (options.has_list()) {
    const auto list = prepare_checked_list(database->connection(), options);
    if (!list) return list.error();
  }
  return {};
}

}  // namespace tonearm::catalog
