#include "source/file_resource.h"

#include "source/file_reader.h"

#include <utility>

namespace tonearm::source {
namespace {

/// An open file and what it was when it was opened.
struct Opened {
  std::shared_ptr<const OpenFile> file;
  io::FileStamp stamp;
};

io::Task<Result<Opened>> open_on_pool(io::BlockingPool& pool, std::string root, std::string path) {
  const auto open = [root = std::move(root), path = std::move(path)] {
    return open_beneath(root, path);
  };
  Result<std::shared_ptr<const OpenFile>> file = co_await pool.run(open);
  if (!file) co_return file.error();
  const Result<io::FileStamp> stamp = (*file)->stamp();
  if (!stamp) co_return stamp.error();
  co_return Opened{std::move(*file), *stamp};
}

}  // namespace

/// An age of centuries would be more nanoseconds than can be counted. A time far in the future was
/// set by somebody, as by a copy that keeps times: that of the inode is the kernel's own.
bool has_ended(const io::FileStamp& stamp, std::chrono::system_clock::time_point now,
               std::chrono::milliseconds growth_timeout) {
  const bool was_set = stamp.modified > now + growth_timeout;
  return (was_set ? stamp.changed : stamp.modified) <= now - growth_timeout;
}

FileResource::FileResource(Place place, const SourceRequest& request)
    : place_(std::move(place)),
      path_(request.locator.value),
      may_grow_(request.growing),
      raw_(request.raw) {}

FileVersion::Writing FileResource::writing() const {
  using Writing = FileVersion::Writing;
  if (!may_grow_) return Writing::over;
  if (!grows_) return Writing::ended;
  return raw_ ? Writing::at_its_end : Writing::with_header;
}

io::Task<Result<http::Representation>> FileResource::describe(const ReadIntent&) {
  Result<Opened> opened = co_await open_on_pool(place_.pool, place_.options->root, path_);
  if (!opened) co_return opened.error();
  length_ = opened->stamp.size;
  const auto now = std::chrono::system_clock::now();
  grows_ = may_grow_ && !has_ended(opened->stamp, now, place_.options->growth_timeout);
  version_.emplace(std::move(opened->file), opened->stamp, writing(), place_.pool);
  if (may_grow_ && !grows_) co_await version_->remember_end();
  http::Representation what;
  if (grows_) {
    what.growth.emplace();
    what.growth->exists = length_;
  } else {
    what.length = length_;
    what.validators = validators_of(opened->stamp, now);
  }
  co_return what;
}

std::unique_ptr<io::ByteReader> FileResource::read(std::uint64_t first,
                                                   std::optional<std::uint64_t> end) {
  if (grows_) return std::make_unique<GrowingReader>(*version_, place_, first, end, use_);
  const http::ByteRange range{first, end.value_or(length_)};
  return std::make_unique<FileReader>(*version_, range, use_);
}

}  // namespace tonearm::source
