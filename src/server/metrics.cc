#include "tonearm/server/metrics.h"

#include "tonearm/base/locator.h"

#include "server/cache_metrics.h"
#include "server/process_figures.h"
#include "server/series.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

namespace tonearm::server {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;
using Buckets = Histogram::BucketBoundaries;

constexpr std::array<const char*, 5> status_classes{"none", "2xx", "3xx", "4xx", "5xx"};

std::size_t class_of(unsigned status) {
  return status < 200 ? 0 : std::min<std::size_t>(status / 100 - 1, status_classes.size() - 1);
}

constexpr std::size_t error_kind_count = static_cast<std::size_t>(ErrorKind::internal) + 1;
/// What the access log calls each Locator::Kind, two of which have one name and so one series;
/// anything else is counted as the first.
constexpr auto source_kinds = [] {
  std::array<std::string_view, Locator::kinds + 1> names{"none"};
  for (std::size_t i = 0; i != Locator::kinds; ++i) {
    names[i + 1] = to_string(static_cast<Locator::Kind>(i));
  }
  return names;
}();

std::size_t index_of(std::string_view source) {
  const auto found = std::find(source_kinds.begin() + 1, source_kinds.end(), source);
  return found == source_kinds.end() ? 0 : static_cast<std::size_t>(found - source_kinds.begin());
}

double in_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

Buckets from_a_millisecond_to_ten_seconds() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

Buckets from_twenty_microseconds_to_two_seconds() {
  return {0.00002, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2};
}

Histogram& histogram(Registry& registry, const char* name, const char* help,
                     const Buckets& buckets) {
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  return family.Add({}, buckets);
}

/// One series for each kind of source.
using BySource = std::array<Counter*, source_kinds.size()>;

BySource counters_by_source(Registry& registry, const char* name, const char* help) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  BySource all{};
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = &family.Add({{"source", std::string(source_kinds[i])}});
  }
  return all;
}

/// By the names that Prometheus's client libraries have agreed on.
struct ProcessSeries {
  explicit ProcessSeries(Registry& registry)
      : cpu(add_counter(registry, "process_cpu_seconds_total", "User and system CPU time.")),
        resident(add_gauge(registry, "process_resident_memory_bytes", "Resident memory.")),
        virtual_memory(add_gauge(registry, "process_virtual_memory_bytes", "Virtual memory.")),
        open(add_gauge(registry, "process_open_fds", "Open file descriptors.")),
        most(add_gauge(registry, "process_max_fds", "Most file descriptors that may be open.")) {
    using namespace std::chrono;
    add_gauge(registry, "process_start_time_seconds", "When the process started, Unix time.")
        .Set(duration<double>(system_clock::now().time_since_epoch()).count());
  }

  void update() {
    const ProcessFigures now = read_process_figures();
    cpu.Increment(std::max(0.0, now.cpu_seconds - cpu.Value()));
    resident.Set(static_cast<double>(now.resident_bytes));
    virtual_memory.Set(static_cast<double>(now.virtual_bytes));
    open.Set(static_cast<double>(now.open_descriptors));
    most.Set(static_cast<double>(now.most_descriptors));
  }

  Counter& cpu;
  Gauge& resident;
  Gauge& virtual_memory;
  Gauge& open;
  Gauge& most;
};

}  // namespace

/// Every series is made here, so that a request looks none up, and a scrape sees zeros from the
/// start: rate() needs them.
struct Metrics::Series {
  Registry registry;
  std::array<std::array<Counter*, status_classes.size()>, outcome_count> requests{};
  std::array<BySource, outcome_count> requests_by_source{};
  std::array<Counter*, error_kind_count> errors{};
  Counter& catalog_errors = add_counter(registry, "tonearm_catalog_errors_total",
                                        "Requests that found the catalog unreadable.");
  Histogram& catalog_lookup = histogram(registry, "tonearm_catalog_lookup_seconds",
                                        "How long it took to find a song, or that there is none.",
                                        from_twenty_microseconds_to_two_seconds());
  Counter& client_bytes = add_counter(registry, "tonearm_client_bytes_total",
                                      "Bytes sent to clients, response heads included.");
  BySource origin_bytes = counters_by_source(registry, "tonearm_origin_bytes_total",
                                             "Body bytes received from origins.");
  BySource origin_requests = counters_by_source(registry, "tonearm_origin_requests_total",
                                                "Requests sent to origins, retries included.");
  BySource resumes =
      counters_by_source(registry, "tonearm_origin_resumes_total",
                         "Broken transfers from origins that went on where they broke.");
  Histogram& origin_first_byte = histogram(
      registry, "tonearm_origin_first_byte_seconds",
      "From the start of a request to an origin, connecting included, to its response head.",
      from_a_millisecond_to_ten_seconds());
  Counter& log_drops = add_counter(
      registry, "tonearm_access_log_dropped_lines_total",
      "Access log lines lost to a full or failing disk, or to a pipe that nobody reads.");
  Gauge& connections = add_gauge(registry, "tonearm_client_connections",
                                 "Connections of clients that are open now.");
  Gauge& streams = add_gauge(registry, "tonearm_running_streams", "Songs being streamed now.");
  Histogram& first_byte =
      histogram(registry, "tonearm_time_to_first_byte_seconds",
                "From the end of a request's head to the first byte of its answer.",
                from_a_millisecond_to_ten_seconds());
  Histogram& loop_lag =
      histogram(registry, "tonearm_loop_lag_seconds",
                "How late an event loop's timer fired: what else was ready waited as long.",
                from_twenty_microseconds_to_two_seconds());
  std::array<Counter*, 2> reloads{};
  CacheMetrics cache{registry};
  std::mutex scraping;  ///< Guards what follows.
  ProcessSeries process{registry};
  source::OriginUse unclaimed;  ///< Of the cache, as it was added to the origins' last.

  explicit Series(std::string_view version);
};

Metrics::Series::Series(std::string_view version) {
  auto& request_family = prometheus::BuildCounter()
                             .Name("tonearm_requests_total")
                             .Help("Requests that have ended, by outcome and class of status.")
                             .Register(registry);
  auto& source_family = prometheus::BuildCounter()
                            .Name("tonearm_source_requests_total")
                            .Help("Requests that have ended, by kind of source and outcome.")
                            .Register(registry);
  for (std::size_t outcome = 0; outcome < outcome_count; ++outcome) {
    const std::string name(to_string(static_cast<Outcome>(outcome)));
    for (std::size_t i = 0; i < status_classes.size(); ++i) {
      requests[outcome][i] =
          &request_family.Add({{"outcome", name}, {"status", status_classes[i]}});
    }
    for (std::size_t i = 0; i < source_kinds.size(); ++i) {
      requests_by_source[outcome][i] =
          &source_family.Add({{"outcome", name}, {"source", std::string(source_kinds[i])}});
    }
  }
  auto& error_family = prometheus::BuildCounter()
                           .Name("tonearm_errors_total")
                           .Help("Errors by whose doing they are and what they are.")
                           .Register(registry);
  for (std::size_t i = 0; i < error_kind_count; ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    errors[i] = &error_family.Add({{"party", std::string(to_string(party_of(kind)))},
                                   {"error", std::string(to_string(kind))}});
  }
  auto& reload_family = prometheus::BuildCounter()
                            .Name("tonearm_configuration_reloads_total")
                            .Help("Reloads (SIGHUP), by whether the configuration was taken.")
                            .Register(registry);
  reloads = {&reload_family.Add({{"result", "failed"}}), &reload_family.Add({{"result", "done"}})};
  prometheus::BuildGauge()
      .Name("tonearm_build_info")
      .Help("Always 1: the labels say which program this is.")
      .Register(registry)
      .Add({{"version", std::string(version)}})
      .Set(1);
}

Metrics::Metrics(std::string_view version) : series_(std::make_unique<Series>(version)) {}
Metrics::~Metrics() = default;

void Metrics::request_finished(Outcome outcome, unsigned status, std::string_view source) {
  const auto row = static_cast<std::size_t>(outcome);
  series_->requests[row][class_of(status)]->Increment();
  series_->requests_by_source[row][index_of(source)]->Increment();
}

void Metrics::error_occurred(ErrorKind kind) {
  series_->errors[static_cast<std::size_t>(kind)]->Increment();
  if (kind == ErrorKind::catalog_unavailable) series_->catalog_errors.Increment();
}

void Metrics::first_byte_sent(std::chrono::nanoseconds since_request) {
  series_->first_byte.Observe(in_seconds(since_request));
}

void Metrics::add_client_bytes(std::uint64_t bytes) {
  series_->client_bytes.Increment(static_cast<double>(bytes));
}

void Metrics::add_origin_use(std::string_view source, const source::OriginUse& use) {
  if (use.bytes == 0 && use.requests == 0) return;
  const std::size_t kind = index_of(source);
  series_->origin_bytes[kind]->Increment(static_cast<double>(use.bytes));
  series_->origin_requests[kind]->Increment(static_cast<double>(use.requests));
  series_->resumes[kind]->Increment(static_cast<double>(use.resumes));
}

void Metrics::origin_answered(std::chrono::nanoseconds after) {
  series_->origin_first_byte.Observe(in_seconds(after));
}

void Metrics::catalog_answered(std::chrono::nanoseconds after) {
  series_->catalog_lookup.Observe(in_seconds(after));
}

void Metrics::configuration_reloaded(bool successfully) {
  series_->reloads[successfully ? 1 : 0]->Increment();
}

void Metrics::loop_was_late(std::chrono::nanoseconds by) {
  series_->loop_lag.Observe(std::max(0.0, in_seconds(by)));
}

void Metrics::connection_opened() { series_->connections.Increment(); }
void Metrics::connection_closed() { series_->connections.Decrement(); }

void Metrics::access_log_lines_dropped(std::uint64_t lines) {
  series_->log_drops.Increment(static_cast<double>(lines));
}

void Metrics::update_cache(const cache::Statistics& now) {
  series_->cache.update(now);
  const std::lock_guard lock(series_->scraping);
  source::OriginUse& before = series_->unclaimed;
  const source::OriginUse latest{std::max(now.unclaimed.bytes, before.bytes),
                                 std::max(now.unclaimed.requests, before.requests),
                                 std::max(now.unclaimed.resumes, before.resumes)};
  add_origin_use({}, latest - std::exchange(before, latest));
}

std::string Metrics::expose(std::size_t running_streams) {
  series_->streams.Set(static_cast<double>(running_streams));
  {
    const std::lock_guard lock(series_->scraping);
    series_->process.update();
  }
  return prometheus::TextSerializer().Serialize(series_->registry.Collect());
}

}  // namespace tonearm::server
