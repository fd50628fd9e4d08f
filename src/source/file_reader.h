#pragma once

#include "tonearm/io/byte_stream.h"
#include "tonearm/io/deadline.h"
#include "tonearm/io/event.h"

#include "source/file_resource.h"

#include <cstdint>
#include <optional>

namespace tonearm::source {

/// Reads [first, end) of a version of a file; representation_changed as soon as the file is seen to
/// be another.
class FileReader final : public io::ByteReader {
 public:
  /// `version` and `use` outlive it.
  FileReader(FileVersion& version, http::ByteRange range, OriginUse& use)
      : version_(version), rest_(range), use_(use) {}
  io::Task<Result<io::Chunk>> read() override;

 private:
  FileVersion& version_;
  http::ByteRange rest_;
  OriginUse& use_;
};

/// Follows a file that grows from `first` on, until `end` or until it has ended.
/// representation_changed when it becomes shorter or is made anew.
class GrowingReader final : public io::ByteReader {
 public:
  /// `version` and `use` outlive it.
  GrowingReader(FileVersion& version, const FileResource::Place& place, std::uint64_t first,
                std::optional<std::uint64_t> end, OriginUse& use);
  io::Task<Result<io::Chunk>> read() override;

 private:
  bool ended(const io::FileStamp& stamp) const;
  io::Task<void> wait_for_growth(const io::FileStamp& stamp);

  FileVersion& version_;
  FileResource::Place place_;
  std::uint64_t at_;
  std::optional<std::uint64_t> end_;
  OriginUse& use_;
  io::Event changed_;
  io::Deadline patience_;
  FileWatches::Subscription subscription_;
};

}  // namespace tonearm::source
