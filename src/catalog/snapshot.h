#pragma once

#include "tonearm/base/result.h"

#include <chrono>
#include <memory>
#include <string>

namespace tonearm::catalog {

/// A private copy of a database with its log or hot journal worked in, for readers that may not do
/// that in place. The copy's directory is removed with the object; an open connection keeps the
/// file's bytes.
class Snapshot {
 public:
  /// `real` is the database's file, `path` its name in errors. Blocks; waits for locks until
  /// `until`.
  static Result<std::unique_ptr<Snapshot>> of(const std::string& path, const std::string& real,
                                              std::chrono::steady_clock::time_point until);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  const std::string& file() const { return file_; }

 private:
  explicit Snapshot(std::string directory);
  std::string copy_from(const std::string& real, std::chrono::steady_clock::time_point until);
  std::string fold_in() const;

  std::string directory_;
  std::string file_;
};

}  // namespace tonearm::catalog
