#pragma once

#include "tonearm/base/result.h"
#include "tonearm/catalog/catalog_options.h"

#include <string>
#include <vector>

namespace tonearm::catalog {

/// What was found when the catalog was opened.
struct CatalogDescription {
  std::string source;                ///< "table music_song" or "catalog.lookup".
  std::vector<std::string> columns;  ///< Those that tonearm reads, by the names the catalog has.
  std::string access;                ///< "live", "immutable", "snapshot" or "memory".
};

/// Opens the catalog as `serve` would and says what is there. The error's detail is one line that
/// names the file, or the key and its place, what is wrong and what would be right. Blocks, for 2 s
/// when it is locked.
Result<CatalogDescription> check_catalog(const CatalogOptions& options);

/// Whether the catalog takes `lookup` and `list`; the error is the one of check_catalog(). One that
/// cannot be opened refuses nothing: it may come. Blocks likewise.
Result<void> check_statements(const CatalogOptions& options);

}  // namespace tonearm::catalog
