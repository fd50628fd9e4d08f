#include "server/exchange.h"

#include "tonearm/server/access_log.h"

#include "support/memory_limit.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace tonearm::server {
namespace {

TEST(Exchange, ALineThatMemoryRunsOutForEndsNothing) {
  if (!test::can_run_out_of_memory) GTEST_SKIP() << "a sanitizer ends the process then";
  Shared shared;
  AccessLogOptions options;
  options.target = "/dev/null";
  shared.access_log = std::move(*AccessLog::open(std::move(options), shared.metrics));
  constexpr std::size_t much = 64 * 1024 * 1024;
  const std::string target = '/' + std::string(much, 'a');
  http::RequestHead head;
  head.target = target;
  auto exchange = std::make_unique<Exchange>(shared, true);
  exchange->set_request(head, "request", "client");
  {
    const test::MemoryLimit limit(much / 2);
    EXPECT_THROW(std::string(much, 'b'), std::bad_alloc);
    exchange.reset();
  }
  EXPECT_FALSE(exchange);
}

}  // namespace
}  // namespace tonearm::server
