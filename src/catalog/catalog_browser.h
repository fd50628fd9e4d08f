#pragma once

#include "tonearm/base/result.h"
#include "tonearm/catalog/catalog_options.h"

#include "catalog/change_detector.h"
#include "catalog/database.h"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace tonearm::catalog {

/// An open catalog to ask anything of. Blocks; one thread at a time.
class CatalogBrowser {
 public:
  /// Asks within one read transaction. May be called again after a failure.
  using Ask = std::function<Result<void>(sqlite3* connection)>;

  explicit CatalogBrowser(const CatalogOptions& options) : options_(options) {}

  /// Opens the catalog unless what is open is still it, and asks; again when somebody wrote in
  /// between, as long as the limit allows waiting.
  Result<void> read(const Ask& ask, const TimeLimit& limit);

 private:
  bool is_current() const;
  bool was_written_meanwhile() const;
  Result<void> try_once(const Ask& ask, const TimeLimit& limit);
  void close() { database_.reset(); }

  const CatalogOptions& options_;
  std::optional<CatalogFiles> files_;  ///< Before database_ was opened.
  std::optional<Database> database_;
};

/// Browsers for any number of threads: as many as were needed at the same time, kept open.
class CatalogBrowsers {
 public:
  explicit CatalogBrowsers(CatalogOptions options) : options_(std::move(options)) {}

  const CatalogOptions& options() const { return options_; }
  Result<void> read(const CatalogBrowser::Ask& ask, const TimeLimit& limit);

 private:
  const CatalogOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<CatalogBrowser>> idle_;
};

}  // namespace tonearm::catalog
