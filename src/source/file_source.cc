#include "tonearm/source/file_source.h"

#include "source/file_resource.h"

#include <utility>

namespace tonearm::source {
namespace {

Result<void> check(const FileOptions& options, const Locator& locator) {
  const auto refuse = [](std::string why) {
    return Error{ErrorKind::bad_locator, std::move(why), {}};
  };
  if (locator.kind != Locator::Kind::file) return refuse("not a file");
  if (options.root.empty()) return refuse("files.root is not set, so that no file: can be opened");
  if (locator.value.empty()) return refuse("file: names no file");
  if (locator.value.find('\0') != std::string::npos) return refuse("a file's name holds NUL");
  return {};
}

}  // namespace

FileSource::FileSource(io::Executor executor, io::BlockingPool& pool, FileWatches& watches,
                       FileOptions options)
    : executor_(executor),
      pool_(pool),
      watches_(watches),
      options_(std::make_shared<const FileOptions>(std::move(options))) {}

Result<std::unique_ptr<Resource>> FileSource::open(const SourceRequest& request) {
  const Result<void> checked = check(*options_, request.locator);
  if (!checked) return checked.error();
  return std::unique_ptr<Resource>(std::make_unique<FileResource>(
      FileResource::Place{executor_, pool_, watches_, options_}, request));
}

io::Task<Result<OriginReport>> FileSource::probe(SourceRequest request) {
  const Result<std::unique_ptr<Resource>> opened = open(request);
  if (!opened) co_return opened.error();
  const ReadIntent all;
  const Result<http::Representation> what = co_await (*opened)->describe(all);
  if (!what) co_return what.error();
  OriginReport report;
  report.url = options_->root + "/" + request.locator.value;
  report.status = 200;
  report.length = what->length;
  report.validators = what->validators;
  report.ranges = true;
  report.resumable = !what->growth;
  co_return report;
}

}  // namespace tonearm::source
