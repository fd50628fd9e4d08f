#pragma once

#include "tonearm/io/blocking_pool.h"
#include "tonearm/io/task.h"
#include "tonearm/source/file_options.h"
#include "tonearm/source/file_watches.h"
#include "tonearm/source/source.h"

#include <memory>

namespace tonearm::source {

/// Opens regular files below files.root: no way leads out of it, neither `..` nor links. What the
/// catalog calls growing is followed until it has not grown for growth_timeout.
class FileSource final : public Source {
 public:
  /// `pool` and `watches` outlive all of its resources.
  FileSource(io::Executor executor, io::BlockingPool& pool, FileWatches& watches,
             FileOptions options);

  Result<std::unique_ptr<Resource>> open(const SourceRequest& request) override;
  io::Task<Result<OriginReport>> probe(SourceRequest request) override;

 private:
  io::Executor executor_;
  io::BlockingPool& pool_;
  FileWatches& watches_;
  std::shared_ptr<const FileOptions> options_;
};

}  // namespace tonearm::source
