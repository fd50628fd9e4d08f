#include "tonearm/http/plan.h"

#include "tonearm/http/multipart.h"

#include "print.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace tonearm::http {
namespace {

using Framing = ResponsePlan::Framing;
using Parts = std::vector<ByteRange>;

constexpr std::string_view type = "audio/mpeg";
constexpr std::string_view boundary = "0123456789abcdef";
constexpr std::uint64_t size = 1000;

Representation song(std::uint64_t length = size) {
  Representation what;
  what.length = length;
  return what;
}

ResponsePlan plan_of(const std::string& range, const Representation& what = song(),
                     std::uint64_t max_range = 0) {
  RepresentationRequest request;
  request.range = parse_range(range);
  return plan_response(request, what, PlanOptions{max_range}, type, boundary);
}

Parts parts_of(const ResponsePlan& plan) { return {plan.parts.begin(), plan.parts.end()}; }

void expect_whole(const ResponsePlan& plan, std::uint64_t length = size) {
  EXPECT_EQ(plan.status, 200U);
  EXPECT_EQ(plan.framing, Framing::length);
  EXPECT_EQ(parts_of(plan), length == 0 ? Parts{} : (Parts{{0, length}}));
  EXPECT_EQ(plan.content_length, length);
  EXPECT_TRUE(plan.accept_ranges);
  EXPECT_FALSE(plan.is_multipart());
}

void expect_single(const ResponsePlan& plan, const ByteRange& range) {
  EXPECT_EQ(plan.status, 206U);
  EXPECT_EQ(plan.framing, Framing::length);
  EXPECT_EQ(parts_of(plan), Parts{range});
  EXPECT_EQ(plan.content_length, range.size());
  EXPECT_TRUE(plan.accept_ranges);
  EXPECT_FALSE(plan.is_multipart());
  EXPECT_TRUE(plan.send_body);
}

void expect_multipart(const ResponsePlan& plan, const Parts& parts) {
  EXPECT_EQ(plan.status, 206U);
  EXPECT_EQ(plan.framing, Framing::length);
  EXPECT_EQ(parts_of(plan), parts);
  EXPECT_TRUE(plan.is_multipart());
  EXPECT_EQ(plan.content_length,
            multipart_length(ByteRanges(parts.begin(), parts.end()), size, type, boundary));
}

void expect_unsatisfiable(const ResponsePlan& plan) {
  EXPECT_EQ(plan.status, 416U);
  EXPECT_TRUE(plan.parts.empty());
  EXPECT_FALSE(plan.is_multipart());
}

TEST(PlanRange, WithoutRangeItIsTheWhole) {
  expect_whole(plan_of(""));
  EXPECT_TRUE(plan_of("").send_body);
}

// RFC 9110 §14.1.2, §15.3.7.1
TEST(PlanRange, OneRangeIsAPlain206) {
  struct Row {
    const char* field;
    ByteRange range;
  };
  for (const Row& row : std::vector<Row>{{"bytes=0-1", {0, 2}},  // Safari's probe
                                         {"bytes=0-", {0, 1000}},
                                         {"bytes=999-", {999, 1000}},
                                         {"bytes=-7", {993, 1000}},
                                         {"bytes=-5000", {0, 1000}},
                                         {"bytes=0-999", {0, 1000}},
                                         {"bytes=990-99999999999999999999999", {990, 1000}}}) {
    SCOPED_TRACE(row.field);
    expect_single(plan_of(row.field), row.range);
  }
}

// RFC 9110 §15.5.17
TEST(PlanRange, UnsatisfiableOrMalformedIs416) {
  for (const char* field :
       {"bytes=1000-", "bytes=1000-1000", "bytes=-0", "bytes=99999999999999999999999-",
        "bytes=1000-,2000-3000,-0", "bytes=", "bytes=abc", "bytes=5-2", "bytes=0-2,5-4"}) {
    SCOPED_TRACE(field);
    expect_unsatisfiable(plan_of(field));
  }
}

TEST(PlanRange, AnotherUnitOrTooManyRangesAreIgnored) {
  std::string many = "bytes=0-0";
  for (int i = 1; i <= 16; ++i) many += "," + std::to_string(i) + "-" + std::to_string(i);
  for (const std::string& field : {std::string("items=0-5"), std::string("bytes 0-5"), many}) {
    SCOPED_TRACE(field);
    expect_whole(plan_of(field));
  }
}

// RFC 9110 §15.3.7.2: in the order asked, overlaps included.
TEST(PlanRange, SeveralRangesAreMultipartInTheOrderAsked) {
  expect_multipart(plan_of("bytes=0-0,10-19"), {{0, 1}, {10, 20}});
  expect_multipart(plan_of("bytes=500-599, 0-9 ,-5"), {{500, 600}, {0, 10}, {995, 1000}});
  expect_multipart(plan_of("bytes=0-99,50-149"), {{0, 100}, {50, 150}});
  expect_multipart(plan_of("bytes=7-7,7-7"), {{7, 8}, {7, 8}});
}

TEST(PlanRange, UnsatisfiableMembersOfAListAreLeftOut) {
  expect_multipart(plan_of("bytes=5000-,0-0,-0,9-9"), {{0, 1}, {9, 10}});
}

// RFC 9110 §15.3.7.2: no multipart for one range.
TEST(PlanRange, AListOfWhichOneIsSatisfiableIsAPlain206) {
  expect_single(plan_of("bytes=1000-,3-4"), {3, 5});
  expect_single(plan_of("bytes=-0, -1"), {999, 1000});
}

TEST(PlanRange, RangesThatAddUpToMoreThanTheBodyAreIgnored) {
  expect_whole(plan_of("bytes=0-,0-"));
  expect_whole(plan_of("bytes=0-999,0-0"));
  expect_whole(plan_of("bytes=0-600,0-600"));
  expect_whole(plan_of("bytes=-1000,999-99999999999999999999999"));
}

TEST(PlanRange, RangesThatAddUpToExactlyTheBodyAreAnswered) {
  expect_multipart(plan_of("bytes=0-499,500-"), {{0, 500}, {500, 1000}});
  // What counts is what is left of them after clamping.
  expect_multipart(plan_of("bytes=0-989,990-5000,5000-6000"), {{0, 990}, {990, 1000}});
}

TEST(PlanRange, AMultipartLengthNeverWraps) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  const Representation what = song(most);
  expect_whole(plan_of("bytes=0-9223372036854775807,9223372036854775808-", what), most);
  expect_single(plan_of("bytes=0-18446744073709551615", what), {0, most});
}

// RFC 9110 §14.1.2: any first position is past the end of nothing, and there is no last byte.
TEST(PlanRange, OfAnEmptyRepresentationNothingIsSatisfiable) {
  expect_whole(plan_of("", song(0)), 0);
  for (const char* field : {"bytes=0-", "bytes=0-0", "bytes=-5", "bytes=-0", "bytes=0-0,-1"}) {
    SCOPED_TRACE(field);
    expect_unsatisfiable(plan_of(field, song(0)));
  }
}

// RFC 9110 §14.2: Range is defined for GET only.
TEST(PlanRange, HeadIgnoresRange) {
  for (const char* field : {"bytes=0-1", "bytes=1000-", "bytes=abc", "bytes=0-0,2-2"}) {
    SCOPED_TRACE(field);
    RepresentationRequest request;
    request.head = true;
    request.range = parse_range(field);
    const ResponsePlan plan = plan_response(request, song(), {}, type, boundary);
    expect_whole(plan);
    EXPECT_FALSE(plan.send_body);
  }
}

TEST(PlanMaxRange, CapsOneOpenEndedRange) {
  expect_single(plan_of("bytes=0-", song(), 100), {0, 100});
  expect_single(plan_of("bytes=500-", song(), 100), {500, 600});
  expect_single(plan_of("bytes=950-", song(), 100), {950, 1000});
  expect_single(plan_of("bytes=0-", song(), 1000), {0, 1000});
  expect_single(plan_of("bytes=999-", song(), std::numeric_limits<std::uint64_t>::max()),
                {999, 1000});
}

TEST(PlanMaxRange, TouchesNothingElse) {
  expect_whole(plan_of("", song(), 100));
  expect_single(plan_of("bytes=0-999", song(), 100), {0, 1000});
  expect_single(plan_of("bytes=-500", song(), 100), {500, 1000});
  expect_multipart(plan_of("bytes=0-0,300-", song(), 100), {{0, 1}, {300, 1000}});
  // A list stays one, even where only its open-ended member can be satisfied.
  expect_single(plan_of("bytes=5000-6000,500-", song(), 100), {500, 1000});
  expect_single(plan_of("bytes=5000-,500-", song(), 100), {500, 1000});
  expect_unsatisfiable(plan_of("bytes=1000-", song(), 100));
}

TEST(PlanSinglePass, AListIsAnsweredOnlyInAscendingDisjointOrder) {
  Representation what = song();
  what.single_pass = true;
  expect_multipart(plan_of("bytes=0-0,10-19,-5", what), {{0, 1}, {10, 20}, {995, 1000}});
  expect_multipart(plan_of("bytes=0-9,10-19", what), {{0, 10}, {10, 20}});
  expect_whole(plan_of("bytes=10-19,0-9", what));
  expect_whole(plan_of("bytes=0-9,9-19", what));
  expect_whole(plan_of("bytes=7-7,7-7", what));
  // Only what is left after fitting has an order.
  expect_multipart(plan_of("bytes=5000-,0-9,20-29", what), {{0, 10}, {20, 30}});
  expect_single(plan_of("bytes=5-9", what), {5, 10});
  expect_single(plan_of("bytes=-1", what), {999, 1000});
}

TEST(PlanRange, TheTotalIsToldWith206And416) {
  EXPECT_EQ(plan_of("bytes=0-1").complete, size);
  EXPECT_EQ(plan_of("bytes=1000-").complete, size);
  EXPECT_EQ(plan_of("bytes=abc").complete, size);
}

// RFC 9110 §13.2.1.
TEST(PlanPosition, PastTheEndIs416WhateverThePreconditions) {
  Representation what = song();
  what.starts_past_end = true;
  RepresentationRequest request;
  request.if_none_match = parse_entity_tag_list("*");
  expect_unsatisfiable(plan_response(request, what, PlanOptions{}, type, boundary));
}

TEST(PlanPosition, PastTheEndIs416WhateverElseIsAsked) {
  Representation what = song();
  what.starts_past_end = true;
  for (const char* field : {"", "bytes=0-", "bytes=-5"}) {
    expect_unsatisfiable(plan_of(field, what));
    EXPECT_EQ(plan_of(field, what).complete, size);
  }
}

void expect_until_end(const ResponsePlan& plan) {
  EXPECT_EQ(plan.status, 200U);
  EXPECT_EQ(plan.framing, Framing::until_end);
  EXPECT_TRUE(plan.parts.empty());
  EXPECT_FALSE(plan.accept_ranges);
}

TEST(PlanUnknownLength, IsSentUntilItsEndWhateverRangeIsAsked) {
  Representation what;
  for (const bool seekable : {false, true}) {
    what.seekable = seekable;
    for (const char* field :
         {"", "bytes=0-", "bytes=0-1", "bytes=-1", "bytes=abc", "bytes=0-0,2-"}) {
      SCOPED_TRACE(field);
      const ResponsePlan plan = plan_of(field, what, 100);
      expect_until_end(plan);
      EXPECT_TRUE(plan.send_body);
    }
  }
}

TEST(PlanUnknownLength, WhatCannotBeSeekedIsSentUntilItsEndToo) {
  Representation what = song();
  what.seekable = false;
  expect_until_end(plan_of("bytes=0-1", what));
  expect_until_end(plan_of("bytes=abc", what));
}

TEST(PlanUnknownLength, ItsBodyReachesAsFarAsItMay) {
  const ByteRanges all{{0, std::numeric_limits<std::uint64_t>::max()}};
  Representation what;
  EXPECT_EQ(plan_of("bytes=0-1", what).body_parts(), all);
}

TEST(PlanUnknownLength, HeadSendsNoBody) {
  RepresentationRequest request;
  request.head = true;
  const ResponsePlan plan = plan_response(request, Representation{}, {}, type, boundary);
  expect_until_end(plan);
  EXPECT_FALSE(plan.send_body);
}

}  // namespace
}  // namespace tonearm::http
