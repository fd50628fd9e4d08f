#pragma once

#include "tonearm/io/blocking_pool.h"
#include "tonearm/source/file_source.h"
#include "tonearm/source/resource.h"
#include "tonearm/source/source.h"

#include "source/file_version.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace tonearm::source {

/// One file below files.root. Its bytes leave as memory, for the reason that FileVersion gives.
class FileResource final : public Resource {
 public:
  struct Place {
    io::Executor executor;
    io::BlockingPool& pool;
    FileWatches& watches;
    std::shared_ptr<const FileOptions> options;
  };

  /// Whether what the catalog calls growing still grows is judged by describe().
  FileResource(Place place, const SourceRequest& request);

  io::Task<Result<http::Representation>> describe(const ReadIntent& intent) override;
  std::unique_ptr<io::ByteReader> read(std::uint64_t first,
                                       std::optional<std::uint64_t> end) override;
  OriginUse origin_use() const override { return use_; }

 private:
  FileVersion::Writing writing() const;

  Place place_;
  std::string path_;
  bool may_grow_;
  bool raw_;
  bool grows_ = false;
  std::uint64_t length_ = 0;  ///< When it was described.
  std::optional<FileVersion> version_;
  OriginUse use_;
};

/// Whether a file with this stamp has ended growing: not written to for growth_timeout.
bool has_ended(const io::FileStamp& stamp, std::chrono::system_clock::time_point now,
               std::chrono::milliseconds growth_timeout);

}  // namespace tonearm::source
