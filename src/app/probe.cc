#include "tonearm/base/locator.h"
#include "tonearm/catalog/check_catalog.h"
#include "tonearm/catalog/sqlite_song_store.h"
#include "tonearm/http/target.h"
#include "tonearm/io/blocking_pool.h"
#include "tonearm/source/http_library.h"

#include "app/catalog_complaint.h"
#include "app/commands.h"
#include "app/layer_options.h"
#include "app/one_line.h"
#include "app/sources.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

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
  const std::string& why = report.no_ranges_because;
  std::printf("ranges:        %s%s\n", report.ranges ? "yes" : "no",
              why.empty() ? "" : (" (" + why + ")").c_str());
  std::printf("etag:          %s%s\n", validators.etag && validators.etag->weak ? "W/" : "",
              validators.etag ? one_line(validators.etag->opaque).c_str() : "-");
  std::printf(
      "last-modified: %s%s\n",
      validators.last_modified ? http::format_http_date(*validators.last_modified).c_str() : "-",
      validators.last_modified && !validators.last_modified_is_strong ? " (weak)" : "");
  std::printf("resumable:     %s\n", report.resumable ? "yes" : "no");
}

/// What one probe takes, put together as for one loop of the service.
class Probing {
 public:
  explicit Probing(const Config& config) : is_resolver_(resolver_names(config)) {
    catalog::CatalogOptions catalog{config.catalog};
    catalog.stop = stopping_.get_token();
    store_.emplace(loop_.get_executor(), pool_, std::move(catalog));
    source_.emplace(
        make_sources(loop_.get_executor(), config,
                     {pool_, accounts_, watches_, resolvers_, nullptr, nullptr, nullptr}));
  }
  ~Probing() {
    pool_.join();
    resolvers_.stop();
  }
  Probing(const Probing&) = delete;
  Probing& operator=(const Probing&) = delete;

  /// Nothing when a signal came first.
  std::optional<Result<Probed>> run(std::string id);

 private:
  void interrupt();

  std::stop_source stopping_;
  io::BlockingPool pool_{1};
  io::asio::io_context loop_{1};
  io::asio::signal_set signals_{loop_, SIGINT, SIGTERM};
  io::asio::cancellation_signal cancellation_;
  source::S3Accounts accounts_{pool_};
  source::FileWatches watches_;
  source::Resolvers resolvers_;
  std::function<bool(std::string_view)> is_resolver_;
  std::optional<catalog::SqliteSongStore> store_;
  std::optional<source::SourceSet> source_;
  bool interrupted_ = false;
};

std::optional<Result<Probed>> Probing::run(std::string id) {
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) interrupt();
  });
  std::optional<Result<Probed>> probed;
  auto end = [&](const std::exception_ptr& error, Result<Probed> result) {
    loop_.stop();
    if (interrupted_) return;
    if (error) std::rethrow_exception(error);
    probed.emplace(std::move(result));
  };
  io::asio::co_spawn(loop_, probe(*store_, *source_, is_resolver_, std::move(id)),
                     io::asio::bind_cancellation_slot(cancellation_.slot(), std::move(end)));
  loop_.run();
  return probed;
}

/// A resolver's program is in a process group of its own: no terminal's signal reaches it.
void Probing::interrupt() {
  interrupted_ = true;
  stopping_.request_stop();
  signals_.clear();  // another one ends at once
  cancellation_.emit(io::asio::cancellation_type::terminal);
  resolvers_.stop();
}

}  // namespace

int run_probe(const Config& config, std::string_view id) {
  const auto fail = [&](const Error& error) {
    if (error.kind == ErrorKind::catalog_unavailable) {
      // A lookup that took too long is no fault of the catalog's.
      const auto catalog = catalog::check_catalog({config.catalog});
      return complain(catalog ? error.detail : catalog_complaint(config, catalog.error()));
    }
    return complain(error.detail.empty() ? to_string(error.kind) : error.detail, 1);
  };
  if (!http::is_song_id(id)) return complain("an id is 1 to 128 of A-Z a-z 0-9 . _ ~ -");
  std::signal(SIGPIPE, SIG_IGN);
  const source::HttpLibrary http;
  const auto probed = Probing(config).run(std::string(id));
  if (!probed) return complain("interrupted", 1);
  if (!*probed) return fail(probed->error());
  print(*(*probed)->song);
  const Result<source::OriginReport>& report = (*probed)->report;
  if (!report) return fail(report.error());
  print(*report);
  return report->complaint.empty() ? 0 : complain(report->complaint, 1);
}

}  // namespace tonearm::app
