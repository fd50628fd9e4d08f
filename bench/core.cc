// What the pure core costs for each request. Run: build/release/bench/bench_core

#include "tonearm/http/content_range.h"
#include "tonearm/http/plan.h"
#include "tonearm/http/request_head.h"
#include "tonearm/http/response_head.h"
#include "tonearm/http/target.h"

#include <benchmark/benchmark.h>

#include <string_view>

namespace tonearm::http {
namespace {

constexpr std::string_view chromium_head =
    "GET /songs/listen/7 HTTP/1.1\r\nHost: localhost:8005\r\nConnection: keep-alive\r\n"
    "Pragma: no-cache\r\nCache-Control: no-cache\r\nsec-ch-ua: \"Chromium\";v=\"156\"\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0\r\n"
    "Accept-Encoding: identity;q=1, *;q=0\r\nAccept: */*\r\nSec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: audio\r\nReferer: http://localhost:8005/\r\n"
    "Accept-Language: en-US,en;q=0.9\r\nRange: bytes=51838976-57625801\r\n"
    "If-Range: \"5f1c-62e1\"\r\n\r\n";

Representation song() {
  Representation what;
  what.length = 57'625'802;
  what.content_type = "audio/mpeg";
  what.validators.etag = EntityTag{"\"5f1c-62e1\"", false};
  what.validators.last_modified = HttpTime(std::chrono::seconds(1'700'000'000));
  what.validators.last_modified_is_strong = true;
  return what;
}

void parse_head(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parse_request_head(chromium_head));
}
BENCHMARK(parse_head);

void parse_target_of_a_song(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parse_target("/songs/listen/7"));
}
BENCHMARK(parse_target_of_a_song);

void parse_one_range(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parse_range("bytes=51838976-57625801"));
}
BENCHMARK(parse_one_range);

void plan_one_range(benchmark::State& state) {
  const auto head = parse_request_head(chromium_head).value();
  const Representation what = song();
  for (auto _ : state) {
    const auto request = read_representation_request(head);
    benchmark::DoNotOptimize(plan_response(request, what, {}, "audio/mpeg", "boundary"));
  }
}
BENCHMARK(plan_one_range);

void write_head_of_206(benchmark::State& state) {
  const auto head = parse_request_head(chromium_head).value();
  const Representation what = song();
  const auto plan =
      plan_response(read_representation_request(head), what, {}, "audio/mpeg", "boundary");
  for (auto _ : state) {
    ResponseHead response(plan.status, HttpTime(std::chrono::seconds(1'700'000'000)));
    add_plan_fields(response, plan, what, "audio/mpeg", "boundary", 11);
    benchmark::DoNotOptimize(std::move(response).finish());
  }
}
BENCHMARK(write_head_of_206);

void read_content_range(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(parse_content_range("bytes 51838976-57625801/57625802"));
  }
}
BENCHMARK(read_content_range);

}  // namespace
}  // namespace tonearm::http
