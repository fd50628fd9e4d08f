#include "tonearm/server/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>

namespace tonearm::server {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;

constexpr std::array<const char*, 6> status_classes{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
constexpr std::size_t error_kind_count = static_cast<std::size_t>(ErrorKind::internal) + 1;

Counter& counter(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

Gauge& gauge(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

/// Every series is made here, so that a request looks none up, and a scrape sees zeros from the
/// start: rate() needs them.
struct Metrics::Series {
  Registry registry;
  std::array<std::array<Counter*, status_classes.size()>, outcome_count> requests{};
  std::array<Counter*, error_kind_count> errors{};
  Counter& catalog_errors = counter(registry, "tonearm_catalog_errors_total",
                                    "Requests that found the catalog unreadable.");
  Counter& client_bytes = counter(registry, "tonearm_client_bytes_total",
                                  "Bytes sent to clients, response heads included.");
  Counter& origin_bytes =
      counter(registry, "tonearm_origin_bytes_total", "Body bytes received from origins.");
  Counter& origin_requests = counter(registry, "tonearm_origin_requests_total",
                                     "Requests sent to origins, retries included.");
  Counter& resumes = counter(registry, "tonearm_origin_resumes_total",
                             "Broken transfers from origins that went on where they broke.");
  Counter& log_drops =
      counter(registry, "tonearm_access_log_dropped_lines_total",
              "Access log lines lost to a full or failing disk, or to a pipe that nobody reads.");
  Gauge& connections =
      gauge(registry, "tonearm_client_connections", "Connections of clients that are open now.");
  Gauge& streams = gauge(registry, "tonearm_running_streams", "Songs being streamed now.");
  Histogram& first_byte =
      prometheus::BuildHistogram()
          .Name("tonearm_time_to_first_byte_seconds")
          .Help("From the end of a request's head to the first byte of its answer.")
          .Register(registry)
          .Add({}, Histogram::BucketBoundaries{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                               0.5, 1, 2.5, 5, 10});

  Series();
};

Metrics::Series::Series() {
  auto& request_family = prometheus::BuildCounter()
                             .Name("tonearm_requests_total")
                             .Help("Requests that have ended, by outcome and class of status.")
                             .Register(registry);
  for (std::size_t outcome = 0; outcome < outcome_count; ++outcome) {
    const std::string name(to_string(static_cast<Outcome>(outcome)));
    for (std::size_t i = 0; i < status_classes.size(); ++i) {
      requests[outcome][i] =
          &request_family.Add({{"outcome", name}, {"status", status_classes[i]}});
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
}

Metrics::Metrics() : series_(std::make_unique<Series>()) {}
Metrics::~Metrics() = default;

void Metrics::request_finished(Outcome outcome, unsigned status) {
  const std::size_t status_class = std::min<std::size_t>(status / 100, status_classes.size() - 1);
  series_->requests[static_cast<std::size_t>(outcome)][status_class]->Increment();
}

void Metrics::error_occurred(ErrorKind kind) {
  series_->errors[static_cast<std::size_t>(kind)]->Increment();
  if (kind == ErrorKind::catalog_unavailable) series_->catalog_errors.Increment();
}

void Metrics::first_byte_sent(std::chrono::nanoseconds since_request) {
  series_->first_byte.Observe(std::chrono::duration<double>(since_request).count());
}

void Metrics::add_client_bytes(std::uint64_t bytes) {
  series_->client_bytes.Increment(static_cast<double>(bytes));
}

void Metrics::add_origin_use(std::uint64_t bytes, std::uint64_t requests, std::uint64_t resumes) {
  series_->origin_bytes.Increment(static_cast<double>(bytes));
  series_->origin_requests.Increment(static_cast<double>(requests));
  series_->resumes.Increment(static_cast<double>(resumes));
}

void Metrics::connection_opened() { series_->connections.Increment(); }
void Metrics::connection_closed() { series_->connections.Decrement(); }

void Metrics::access_log_lines_dropped(std::uint64_t lines) {
  series_->log_drops.Increment(static_cast<double>(lines));
}

std::string Metrics::expose(std::size_t running_streams) {
  series_->streams.Set(static_cast<double>(running_streams));
  return prometheus::TextSerializer().Serialize(series_->registry.Collect());
}

}  // namespace tonearm::server
