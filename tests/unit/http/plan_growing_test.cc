#include "tonearm/http/plan.h"
#include "tonearm/http/wav.h"

#include "print.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tonearm::http {
namespace {

using Framing = ResponsePlan::Framing;
using Parts = std::vector<ByteRange>;

constexpr std::uint64_t exists = 320'044;
constexpr std::uint64_t second = 32'000;
constexpr std::uint64_t most = largest_wav;

Representation growing(std::optional<std::uint64_t> total = most, std::uint64_t now = exists) {
  Representation what;
  what.growth = Growth{now, second, total};
  return what;
}

RepresentationRequest asking(const std::string& range) {
  RepresentationRequest request;
  request.range = parse_range(range);
  return request;
}

ResponsePlan plan_of(const std::string& range, const Representation& what = growing()) {
  return plan_response(asking(range), what, PlanOptions{1000}, "audio/wav", "b");
}

Parts parts_of(const ResponsePlan& plan) { return {plan.parts.begin(), plan.parts.end()}; }

void expect_followed_from_start(const ResponsePlan& plan) {
  EXPECT_EQ(plan.status, 200U);
  EXPECT_EQ(plan.framing, Framing::until_end);
  EXPECT_EQ(parts_of(plan), Parts{});
  EXPECT_FALSE(plan.accept_ranges);
}

void expect_followed(const ResponsePlan& plan, const ByteRange& range,
                     std::optional<std::uint64_t> complete) {
  EXPECT_EQ(plan.status, 206U);
  EXPECT_EQ(plan.framing, Framing::until_end);
  EXPECT_EQ(parts_of(plan), Parts{range});
  EXPECT_EQ(plan.complete, complete);
  EXPECT_TRUE(plan.send_body);
}

void expect_exactly(const ResponsePlan& plan, const ByteRange& range,
                    std::optional<std::uint64_t> complete) {
  EXPECT_EQ(plan.status, 206U);
  EXPECT_EQ(plan.framing, Framing::length);
  EXPECT_EQ(plan.content_length, range.size());
  EXPECT_EQ(parts_of(plan), Parts{range});
  EXPECT_EQ(plan.complete, complete);
}

void expect_unsatisfiable(const ResponsePlan& plan) {
  EXPECT_EQ(plan.status, 416U);
  EXPECT_EQ(parts_of(plan), Parts{});
  EXPECT_EQ(plan.complete, exists);  // the size at that moment
}

TEST(PlanGrowing, NoRangeOrAllOfItOrSuffixOrListIsFollowedFromTheStart) {
  for (const char* field :
       {"", "bytes=0-", "bytes=-1", "bytes=-0", "bytes=0-1,5-6", "bytes=5-,-1", "items=0-5"}) {
    SCOPED_TRACE(field);
    expect_followed_from_start(plan_of(field));
    EXPECT_TRUE(plan_of(field).send_body);
  }
}

TEST(PlanGrowing, OpenEndIsFollowedUpToTheLargestWav) {
  for (const std::uint64_t first : {std::uint64_t{1}, exists - 1, exists, exists + second}) {
    SCOPED_TRACE(first);
    expect_followed(plan_of("bytes=" + std::to_string(first) + "-"), {first, 4'294'967'303}, most);
  }
}

TEST(PlanGrowing, FurtherThanASecondPastWhatExistsIs416) {
  for (const char* field : {"bytes=352045-", "bytes=352045-352050", "bytes=4294967000-",
                            "bytes=99999999999999999999999-", "bytes=9007199254740991-"}) {
    SCOPED_TRACE(field);
    expect_unsatisfiable(plan_of(field));
  }
}

TEST(PlanGrowing, MalformedIs416) {
  expect_unsatisfiable(plan_of("bytes=abc"));
  expect_unsatisfiable(plan_of("bytes=5-2"));
}

TEST(PlanGrowing, ClosedRangeInsideWhatExistsIsOrdinary) {
  expect_exactly(plan_of("bytes=0-1"), {0, 2}, most);
  expect_exactly(plan_of("bytes=44-320043"), {44, exists}, most);
}

TEST(PlanGrowing, ClosedRangeReachingPastWhatExistsIsFollowed) {
  expect_followed(plan_of("bytes=44-320044"), {44, exists + 1}, most);
  expect_followed(plan_of("bytes=0-999999"), {0, 1'000'000}, most);
  // No further than the total that it tells.
  expect_followed(plan_of("bytes=0-4294967303"), {0, most}, most);
  expect_followed(plan_of("bytes=7-9007199254740990"), {7, most}, most);
}

// RFC 8673 §2.2: the last position is what was asked, the total is not told.
TEST(PlanGrowing, VeryLargeLastPositionHasNoTotal) {
  expect_followed(plan_of("bytes=0-9007199254740991"), {0, 9'007'199'254'740'992}, {});
  expect_followed(plan_of("bytes=100-9007199254740999"), {100, 9'007'199'254'741'000}, {});
}

TEST(PlanGrowing, LastPositionNeverWraps) {
  const ResponsePlan plan = plan_of("bytes=1-99999999999999999999999");
  ASSERT_EQ(plan.parts.size(), 1U);
  EXPECT_GT(plan.parts[0].end, plan.parts[0].first);
}

TEST(PlanGrowing, WithoutATotalItIsUnknown) {
  const Representation what = growing(std::nullopt);
  expect_followed_from_start(plan_of("bytes=0-", what));
  expect_followed(plan_of("bytes=5-", what), {5, 4'294'967'303}, {});
  expect_exactly(plan_of("bytes=0-1", what), {0, 2}, {});
  expect_followed(plan_of("bytes=0-999999", what), {0, 1'000'000}, {});
}

TEST(PlanGrowing, WhatHasOutgrownItsFormatHasNoTotal) {
  const Representation what = growing(most, most + 10);
  expect_followed(plan_of("bytes=5-", what), {5, 9'007'199'254'740'992}, {});
  expect_exactly(plan_of("bytes=0-4294967303", what), {0, 4'294'967'304}, {});
}

// RFC 9110 §13.1.5: without validators no If-Range matches.
TEST(PlanGrowing, IfRangeGetsTheWhole) {
  for (const char* value : {"\"a\"", "W/\"a\"", "Sun, 06 Nov 1994 08:49:37 GMT"}) {
    RepresentationRequest request = asking("bytes=5-");
    request.if_range = value;
    expect_followed_from_start(plan_response(request, growing(), {}, "audio/wav", "b"));
  }
}

TEST(PlanGrowing, HeadIs200WithoutABody) {
  RepresentationRequest request = asking("bytes=5-");
  request.head = true;
  const ResponsePlan plan = plan_response(request, growing(), {}, "audio/wav", "b");
  expect_followed_from_start(plan);
  EXPECT_FALSE(plan.send_body);
}

TEST(PlanGrowing, PositionPastTheEndIs416) {
  Representation what = growing();
  what.starts_past_end = true;
  expect_unsatisfiable(plan_of("", what));
}

}  // namespace
}  // namespace tonearm::http
