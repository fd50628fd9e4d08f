#include "source/retry.h"

#include <gtest/gtest.h>

namespace tonearm::source {
namespace {

using namespace std::chrono_literals;

TEST(RetryBudget, DoublesFromAHundredMilliseconds) {
  RetryBudget budget(3);
  EXPECT_EQ(budget.next({}), 100ms);
  EXPECT_EQ(budget.next({}), 200ms);
  EXPECT_EQ(budget.next({}), 400ms);
  EXPECT_EQ(budget.next({}), std::nullopt);
}

TEST(RetryBudget, NoneMeansNone) { EXPECT_EQ(RetryBudget(0).next({}), std::nullopt); }

TEST(RetryBudget, ProgressStartsItAnew) {
  RetryBudget budget(1);
  EXPECT_EQ(budget.next({}), 100ms);
  budget.progress();
  EXPECT_EQ(budget.next({}), 100ms);
  EXPECT_EQ(budget.next({}), std::nullopt);
}

TEST(RetryBudget, RetryAfterCountsWhenItIsLonger) {
  RetryBudget budget(5);
  EXPECT_EQ(budget.next(3s), 3s);
  EXPECT_EQ(budget.next(0s), 200ms);
}

TEST(RetryBudget, AnyNumberOfRetriesDoesNotOverflow) {
  RetryBudget budget(100);
  for (int i = 0; i < 100; ++i) EXPECT_GE(budget.next({}), 100ms);
}

TEST(IsRetryable, WhatMayPassIsWhatMustNotBeSaidTwiceIsNot) {
  EXPECT_TRUE(is_retryable(ErrorKind::destination_unavailable));
  EXPECT_TRUE(is_retryable(ErrorKind::connection_refused));
  EXPECT_TRUE(is_retryable(ErrorKind::dns_error)) << "a resolver that was away for a moment";
  EXPECT_TRUE(is_retryable(ErrorKind::dns_timeout));
  EXPECT_TRUE(is_retryable(ErrorKind::http_response_incomplete));
  EXPECT_TRUE(is_retryable(ErrorKind::tls_protocol_error)) << "a handshake that was cut off";
  EXPECT_FALSE(is_retryable(ErrorKind::destination_not_found));
  EXPECT_FALSE(is_retryable(ErrorKind::origin_refused));
  EXPECT_FALSE(is_retryable(ErrorKind::destination_ip_prohibited));
  EXPECT_FALSE(is_retryable(ErrorKind::tls_certificate_error));
}

TEST(IsRetryable, InMidBodyNobodyWaitsForAHead) {
  for (const auto kind :
       {ErrorKind::http_response_timeout, ErrorKind::connection_limit_reached,
        ErrorKind::origin_refused, ErrorKind::resolver_failed, ErrorKind::destination_not_found}) {
    EXPECT_FALSE(is_retryable(kind));
    EXPECT_TRUE(is_retryable_in_mid_body(kind));
  }
  EXPECT_TRUE(is_retryable_in_mid_body(ErrorKind::connection_refused));
  EXPECT_FALSE(is_retryable_in_mid_body(ErrorKind::http_protocol_error));
}

}  // namespace
}  // namespace tonearm::source
