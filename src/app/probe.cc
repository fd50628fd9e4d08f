#include "tonearm/base/locator.h"
#include "tonearm/catalog/sqlite_song_store.h"
#include "tonearm/http/target.h"
#include "tonearm/io/blocking_pool.h"
#include "tonearm/source/http_library.h"

#include "app/commands.h"
#include "app/layer_options.h"
#include "app/one_line.h"
#include "app/sources.h"

#include <boost/asio/co_spawn.hpp>

#include <cstdio>
#include <string>

namespace tonearm::app {
namespace {

struct Probed {
  std::shared_ptr<const catalog::Song> song;
  Result<source::OriginReport> report;
};

io::Task<Result<Probed>> probe(catalog::SongStore& store, source::Source& source,
                               const std::function<bool(std::string_view)>& is_resolver,
                               std::string id) {
  Result<std::shared_ptr<const catalog::Song>> song = co_await store.find(id);
  if (!song) co_return song.error();
  Result<Locator> locator = parse_locator((*song)->file, is_resolver);
  if (!locator) co_return Probed{*song, locator.error()};
  source::SourceRequest wanted{std::move(*locator), (*song)->growing};
  Result<source::OriginReport> report = co_await source.probe(std::move(wanted));
  co_return Probed{*song, std::move(report)};
}

void print(const catalog::Song& song) {
  std::printf("song:          %s\n", one_line(song.name).c_str());
  std::printf("file:          %s\n", one_line(song.file).c_str());
}

void print(const source::OriginReport& report) {
  if (!report.url.empty()) std::printf("url:           %s\n", one_line(report.url).c_str());
  if (report.status == 0) return;
  const http::Validators& validators = report.validators;
  std::printf("status:        %u\n", report.status);
  std::printf("size:          %s\n",
              report.length ? std::to_string(*report.length).c_str() : "unknown");
  std::printf("type:          %s\n",
              report.content_type.empty() ? "-" : one_line(report.content_type).c_str());
  std::printf("ranges:        %s\n", report.ranges ? "yes" : "no");
  std::printf("etag:          %s%s\n", validators.etag && validators.etag->weak ? "W/" : "",
              validators.etag ? one_line(validators.etag->opaque).c_str() : "-");
  std::printf(
      "last-modified: %s%s\n",
      validators.last_modified ? http::format_http_date(*validators.last_modified).c_str() : "-",
      validators.last_modified && !validators.last_modified_is_strong ? " (weak)" : "");
  std::printf("resumable:     %s\n", report.resumable ? "yes" : "no");
}

}  // namespace

int run_probe(const Config& config, std::string_view id) {
  const auto fail = [](const Error& error) {
    return complain(error.detail.empty() ? to_string(error.kind) : error.detail,
                    error.kind == ErrorKind::catalog_unavailable ? 2 : 1);
  };
  if (!http::is_song_id(id)) return complain("an id is 1 to 128 of A-Z a-z 0-9 . _ ~ -");
  const source::HttpLibrary http;
  io::BlockingPool pool(1);
  io::asio::io_context loop(1);
  catalog::SqliteSongStore store(loop.get_executor(), pool, {config.catalog});
  source::S3Accounts accounts(pool);
  source::FileWatches watches;
  source::Resolvers resolvers;
  source::SourceSet source = make_sources(
      loop.get_executor(), config, {pool, accounts, watches, resolvers, nullptr, nullptr, nullptr});
  const auto is_resolver = resolver_names(config);
  std::optional<Result<Probed>> probed;
  io::asio::co_spawn(loop, probe(store, source, is_resolver, std::string(id)),
                     [&](std::exception_ptr error, Result<Probed> result) {
                       if (error) std::rethrow_exception(error);
                       probed.emplace(std::move(result));
                       loop.stop();
                     });
  loop.run();
  pool.join();
  resolvers.stop();
  if (!*probed) return fail(probed->error());
  print(*(*probed)->song);
  const Result<source::OriginReport>& report = (*probed)->report;
  if (!report) return fail(report.error());
  print(*report);
  return report->complaint.empty() ? 0 : complain(report->complaint, 1);
}

}  // namespace tonearm::app
