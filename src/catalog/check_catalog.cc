#include "tonearm/catalog/check_catalog.h"

#include "catalog/catalog_reader.h"

namespace tonearm::catalog {

Result<CatalogDescription> check_catalog(const CatalogOptions& options) {
  return CatalogReader(options).describe();
}

}  // namespace tonearm::catalog
