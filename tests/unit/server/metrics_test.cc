#include "tonearm/server/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace tonearm::server {
namespace {

using testing::HasSubstr;

TEST(Metrics, RequestsCountByOutcomeAndClassOfStatus) {
  Metrics metrics;
  metrics.request_finished(Outcome::done, 206, "http");
  metrics.request_finished(Outcome::done, 200, "file");
  metrics.request_finished(Outcome::refused, 404, "");
  metrics.request_finished(Outcome::client_gone, 0, "http");
  const std::string text = metrics.expose(0);
  EXPECT_THAT(text, HasSubstr("tonearm_requests_total{outcome=\"done\",status=\"2xx\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("tonearm_requests_total{outcome=\"refused\",status=\"4xx\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("tonearm_requests_total{outcome=\"client_gone\",status=\"none\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("tonearm_requests_total{outcome=\"timeout\",status=\"5xx\"} 0\n"));
  const std::string by_source = "tonearm_source_requests_total{outcome=";
  EXPECT_THAT(text, HasSubstr(by_source + "\"done\",source=\"http\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(by_source + "\"done\",source=\"file\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(by_source + "\"refused\",source=\"none\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(by_source + "\"done\",source=\"s3\"} 0\n"));
}

TEST(Metrics, StatusOutsideOfAllClassesIsCountedAll) {
  Metrics metrics;
  metrics.request_finished(Outcome::failed, 999, "what");
  EXPECT_THAT(metrics.expose(0),
              HasSubstr("tonearm_requests_total{outcome=\"failed\",status=\"5xx\"} 1\n"));
}

TEST(Metrics, ErrorsCountByParty) {
  Metrics metrics;
  metrics.error_occurred(ErrorKind::connection_refused);
  metrics.error_occurred(ErrorKind::catalog_unavailable);
  const std::string text = metrics.expose(0);
  EXPECT_THAT(text,
              HasSubstr("tonearm_errors_total{error=\"connection_refused\",party=\"origin\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("tonearm_errors_total{error=\"catalog_unavailable\",party=\"self\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("tonearm_catalog_errors_total 1\n"));
}

TEST(Metrics, BytesAndOriginUseAddUp) {
  Metrics metrics;
  metrics.add_client_bytes(1ULL << 40);
  metrics.add_client_bytes(1);
  metrics.add_origin_use("http", {1000, 2, 1});
  metrics.add_origin_use("http", {24, 1, 0});
  metrics.add_origin_use("s3", {7, 1, 0});
  const std::string text = metrics.expose(0);
  EXPECT_THAT(text, HasSubstr("tonearm_client_bytes_total 1099511627777\n"));
  EXPECT_THAT(text, HasSubstr("tonearm_origin_bytes_total{source=\"http\"} 1024\n"));
  EXPECT_THAT(text, HasSubstr("tonearm_origin_requests_total{source=\"http\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("tonearm_origin_resumes_total{source=\"http\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("tonearm_origin_bytes_total{source=\"s3\"} 7\n"));
}

TEST(Metrics, FirstByteFallsIntoItsBucket) {
  Metrics metrics;
  metrics.first_byte_sent(std::chrono::milliseconds(3));
  const std::string text = metrics.expose(0);
  EXPECT_THAT(text, HasSubstr("tonearm_time_to_first_byte_seconds_bucket{le=\"0.0025\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("tonearm_time_to_first_byte_seconds_bucket{le=\"0.005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("tonearm_time_to_first_byte_seconds_count 1\n"));
}

TEST(Metrics, WhatMakesARequestSlowIsTold) {
  Metrics metrics;
  metrics.origin_answered(std::chrono::milliseconds(30));
  metrics.catalog_answered(std::chrono::microseconds(30));
  metrics.loop_was_late(std::chrono::milliseconds(-1));
  const std::string text = metrics.expose(0);
  const std::string origin = "tonearm_origin_first_byte_seconds_bucket{le=";
  EXPECT_THAT(text, HasSubstr(origin + "\"0.025\"} 0\n"));
  EXPECT_THAT(text, HasSubstr(origin + "\"0.05\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("tonearm_catalog_lookup_seconds_bucket{le=\"5e-05\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("tonearm_loop_lag_seconds_bucket{le=\"2e-05\"} 1\n"));
}

TEST(Metrics, TheProcessItselfIsTold) {
  Metrics metrics("1.2.3");
  const std::string text = metrics.expose(0);
  EXPECT_THAT(text, HasSubstr("tonearm_build_info{version=\"1.2.3\"} 1\n"));
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes",
                           "process_open_fds", "process_max_fds", "process_start_time_seconds"}) {
    const std::size_t at = text.find("\n" + std::string(name) + " ");
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_GT(std::stod(text.substr(at + std::string(name).size() + 2)), 0) << name;
  }
}

TEST(Metrics, ReloadsAreCounted) {
  Metrics metrics;
  metrics.configuration_reloaded(true);
  const std::string text = metrics.expose(0);
  EXPECT_THAT(text, HasSubstr("tonearm_configuration_reloads_total{result=\"done\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("tonearm_configuration_reloads_total{result=\"failed\"} 0\n"));
}

TEST(Metrics, AnOlderLookAtTheCacheMovesNoCounter) {
  Metrics metrics;
  cache::Statistics now;
  now.unclaimed.requests = 3;
  metrics.update_cache(now);
  now.unclaimed.requests = 2;
  metrics.update_cache(now);
  now.unclaimed.requests = 4;
  metrics.update_cache(now);
  EXPECT_THAT(metrics.expose(0), HasSubstr("tonearm_origin_requests_total{source=\"none\"} 4\n"));
}

TEST(Metrics, GaugesGoDownAgain) {
  Metrics metrics;
  metrics.connection_opened();
  metrics.connection_opened();
  metrics.connection_closed();
  const std::string text = metrics.expose(7);
  EXPECT_THAT(text, HasSubstr("tonearm_client_connections 1\n"));
  EXPECT_THAT(text, HasSubstr("tonearm_running_streams 7\n"));
  EXPECT_THAT(metrics.expose(0), HasSubstr("tonearm_running_streams 0\n"));
}

TEST(Metrics, EveryFamilyHasHelpAndType) {
  Metrics metrics;
  const std::string text = metrics.expose(0);
  for (const char* name :
       {"tonearm_requests_total counter", "tonearm_errors_total counter",
        "tonearm_client_connections gauge", "tonearm_access_log_dropped_lines_total counter",
        "tonearm_time_to_first_byte_seconds histogram"}) {
    EXPECT_THAT(text, HasSubstr(std::string("# TYPE ") + name + "\n"));
  }
}

TEST(Metrics, LoopsCountTogether) {
  Metrics metrics;
  std::vector<std::thread> loops;
  for (int i = 0; i < 4; ++i) {
    loops.emplace_back([&metrics] {
      for (int n = 0; n < 1000; ++n) metrics.request_finished(Outcome::done, 200, "file");
    });
  }
  for (auto& loop : loops) loop.join();
  EXPECT_THAT(metrics.expose(0),
              HasSubstr("tonearm_requests_total{outcome=\"done\",status=\"2xx\"} 4000\n"));
}

TEST(OutcomeOf, NamesWhoFailed) {
  EXPECT_EQ(outcome_of(ErrorKind::client_gone), Outcome::client_gone);
  EXPECT_EQ(outcome_of(ErrorKind::bad_request), Outcome::refused);
  EXPECT_EQ(outcome_of(ErrorKind::song_not_found), Outcome::refused);
  EXPECT_EQ(outcome_of(ErrorKind::request_timeout), Outcome::timeout);
  EXPECT_EQ(outcome_of(ErrorKind::send_timeout), Outcome::timeout);
  EXPECT_EQ(outcome_of(ErrorKind::http_response_timeout), Outcome::timeout);
  EXPECT_EQ(outcome_of(ErrorKind::origin_refused), Outcome::origin_failed);
  EXPECT_EQ(outcome_of(ErrorKind::destination_not_found), Outcome::origin_failed);
  EXPECT_EQ(outcome_of(ErrorKind::connection_limit_reached), Outcome::refused);
  EXPECT_EQ(outcome_of(ErrorKind::draining), Outcome::refused);
  EXPECT_EQ(outcome_of(ErrorKind::catalog_unavailable), Outcome::failed);
  EXPECT_EQ(outcome_of(ErrorKind::internal), Outcome::failed);
}

}  // namespace
}  // namespace tonearm::server
