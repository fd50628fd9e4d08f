#pragma once

#include "tonearm/io/byte_stream.h"
#include "tonearm/io/deadline.h"
#include "tonearm/io/event.h"

#include "source/file_resource.h"

#include <cstdint>
#include <memory>

namespace tonearm::source {

/// What of a file is cached now or soon: loaded on the pool, so that sendfile does not wait for a
/// disk on the loop.
io::Task<io::Chunk> load_region(const OpenFile& file, io::BlockingPool& pool, std::uint64_t offset,
                                std::uint64_t size);

/// Reads [first, end) of the version that was described; representation_changed as soon as the file
/// is seen to be another. `may_grow`: what was appended since then does not count as that.
class FileReader final : public io::ByteReader {
 public:
  FileReader(std::shared_ptr<const OpenFile> file, FileStamp described, io::BlockingPool& pool,
             http::ByteRange range, bool may_grow, OriginUse& use);
  io::Task<Result<io::Chunk>> read() override;

 private:
  std::shared_ptr<const OpenFile> file_;
  FileStamp described_;
  io::BlockingPool& pool_;
  http::ByteRange rest_;
  bool may_grow_;
  OriginUse& use_;
};

/// Follows a file that grows from `first` on, until `end` or until it has ended.
/// representation_changed when it becomes shorter.
class GrowingReader final : public io::ByteReader {
 public:
  GrowingReader(std::shared_ptr<const OpenFile> file, FileStamp described,
                const FileResource::Place& place, std::uint64_t first,
                std::optional<std::uint64_t> end, OriginUse& use);
  io::Task<Result<io::Chunk>> read() override;

 private:
  /// representation_changed, or what is there now.
  Result<FileStamp> look();
  bool ended(const FileStamp& stamp) const;
  io::Task<void> wait_for_growth(const FileStamp& stamp);

  std::shared_ptr<const OpenFile> file_;
  FileResource::Place place_;
  std::uint64_t at_;
  std::optional<std::uint64_t> end_;
  OriginUse& use_;
  std::uint64_t seen_;  ///< The greatest size so far.
  io::Clock::time_point grew_ = io::Clock::now();
  io::Event changed_;
  io::Deadline patience_;
  FileWatches::Subscription subscription_;
};

}  // namespace tonearm::source
