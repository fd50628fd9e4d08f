#pragma once

#include "tonearm/base/result.h"
#include "tonearm/catalog/catalog_options.h"
#include "tonearm/catalog/song_page.h"

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace tonearm::catalog {

/// Otherwise by catalog.list, if there is one.
inline bool is_listed_by_table(const CatalogOptions& options) { return options.lookup.empty(); }

// What SongStore says of the functions of these names. They block, and are to be called within one
// read transaction: they ask more than once.

Result<SongPage> search_songs(sqlite3* connection, const CatalogOptions& options,
                              std::string_view words, const PageWindow& window);

/// Of catalog.list; null when there is none.
Result<std::shared_ptr<const Song>> find_listed(sqlite3* connection, const CatalogOptions& options,
                                                std::string_view id);

/// Of the rows of catalog.list, in one pass: those whose id is one of these. By their ids; of two
/// rows with one id the first.
Result<std::unordered_map<std::string, Song>> find_all_listed(
    sqlite3* connection, const CatalogOptions& options,
    const std::unordered_set<std::string>& wanted);

}  // namespace tonearm::catalog
