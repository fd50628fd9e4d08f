// Conditional requests (RFC 9110 §13) as plan_response evaluates them.

#include "tonearm/http/plan.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tonearm::http {
namespace {

using std::chrono::seconds;

constexpr HttpTime modified{seconds(784111777)};
const std::string same_date = "Sun, 06 Nov 1994 08:49:37 GMT";
const std::string earlier = "Sun, 06 Nov 1994 08:49:36 GMT";
const std::string later = "Sun, 06 Nov 1994 08:49:38 GMT";

/// The fields of one request; empty is absent.
struct Fields {
  std::string if_match = {};
  std::string if_unmodified_since = {};
  std::string if_none_match = {};
  std::string if_modified_since = {};
  std::string if_range = {};
  std::string range = {};
};

struct Row {
  Fields fields;
  unsigned status;
};

RepresentationRequest request_of(const Fields& fields, bool head = false) {
  RepresentationRequest request;
  request.head = head;
  if (!fields.if_match.empty()) request.if_match = parse_entity_tag_list(fields.if_match);
  if (!fields.if_none_match.empty()) {
    request.if_none_match = parse_entity_tag_list(fields.if_none_match);
  }
  request.if_modified_since = parse_http_date(fields.if_modified_since);
  request.if_unmodified_since = parse_http_date(fields.if_unmodified_since);
  request.if_range = fields.if_range;
  request.range = parse_range(fields.range);
  return request;
}

Representation song() {
  Representation what;
  what.length = 1000;
  what.validators = {EntityTag{"\"v1\"", false}, modified, true};
  return what;
}

Representation song_with_weak_tag() {
  Representation what = song();
  what.validators.etag->weak = true;
  return what;
}

Representation song_without_validators() {
  Representation what = song();
  what.validators = {};
  return what;
}

void expect_statuses(const std::vector<Row>& rows, const Representation& what = song()) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RepresentationRequest request = request_of(rows[i].fields);
    EXPECT_EQ(plan_response(request, what, {}, "audio/mpeg", "b").status, rows[i].status)
        << "row " << i;
  }
}

// §13.1.1: strong comparison.
TEST(IfMatch, PassesOnlyOnAStrongMatch) {
  expect_statuses({{{.if_match = "\"v1\""}, 200},
                   {{.if_match = "\"v0\", \"v1\""}, 200},
                   {{.if_match = "\"v0\""}, 412},
                   {{.if_match = "W/\"v1\""}, 412},
                   {{.if_match = "v1"}, 412},
                   {{.if_match = "\"V1\""}, 412}});
}

TEST(IfMatch, AWeakTagOfTheOriginNeverMatches) {
  expect_statuses({{{.if_match = "\"v1\""}, 412}, {{.if_match = "W/\"v1\""}, 412}},
                  song_with_weak_tag());
}

TEST(IfMatch, StarIsTrueForWhatExistsAndTagsAreFalseWithoutOne) {
  expect_statuses({{{.if_match = "*"}, 200}});
  expect_statuses({{{.if_match = "*"}, 200}, {{.if_match = "\"v1\""}, 412}},
                  song_without_validators());
}

// §13.1.4
TEST(IfUnmodifiedSince, FailsForWhatWasModifiedLater) {
  expect_statuses({{{.if_unmodified_since = earlier}, 412},
                   {{.if_unmodified_since = same_date}, 200},
                   {{.if_unmodified_since = later}, 200}});
}

TEST(IfUnmodifiedSince, IsIgnoredWithoutLastModified) {
  expect_statuses({{{.if_unmodified_since = earlier}, 200}}, song_without_validators());
}

// §13.1.2: weak comparison; 304 for GET and HEAD.
TEST(IfNoneMatch, Is304OnAWeakMatch) {
  const std::vector<Row> rows{
      {{.if_none_match = "\"v1\""}, 304},           {{.if_none_match = "W/\"v1\""}, 304},
      {{.if_none_match = "\"v0\", W/\"v1\""}, 304}, {{.if_none_match = "*"}, 304},
      {{.if_none_match = "\"v0\""}, 200},           {{.if_none_match = "v1"}, 200}};
  expect_statuses(rows);
  expect_statuses(rows, song_with_weak_tag());
}

TEST(IfNoneMatch, WithoutATagOnlyStarMatches) {
  expect_statuses({{{.if_none_match = "*"}, 304}, {{.if_none_match = "\"v1\""}, 200}},
                  song_without_validators());
}

// §13.1.3
TEST(IfModifiedSince, Is304UnlessModifiedLater) {
  expect_statuses({{{.if_modified_since = earlier}, 200},
                   {{.if_modified_since = same_date}, 304},
                   {{.if_modified_since = later}, 304},
                   {{.if_modified_since = "Sunday, 06-Nov-94 08:49:37 GMT"}, 304}});
}

TEST(IfModifiedSince, IsIgnoredWithoutLastModified) {
  expect_statuses({{{.if_modified_since = later}, 200}}, song_without_validators());
}

// §13.2.2, steps 1 to 4.
TEST(Precedence, TagsBeatDates) {
  expect_statuses({{{.if_match = "\"v1\"", .if_unmodified_since = earlier}, 200},
                   {{.if_match = "\"v0\"", .if_unmodified_since = later}, 412},
                   {{.if_none_match = "\"v0\"", .if_modified_since = later}, 200},
                   {{.if_none_match = "\"v1\"", .if_modified_since = earlier}, 304}});
}

TEST(Precedence, ATagFieldBeatsADateEvenWhereThereIsNoTagToCompare) {
  Representation what = song();
  what.validators.etag.reset();
  expect_statuses({{{.if_none_match = "\"v1\"", .if_modified_since = later}, 200},
                   {{.if_match = "\"v1\"", .if_unmodified_since = later}, 412}},
                  what);
}

TEST(Precedence, AFailedPreconditionBeatsNotModified) {
  expect_statuses({{{.if_match = "\"v0\"", .if_none_match = "\"v1\""}, 412},
                   {{.if_unmodified_since = earlier, .if_none_match = "*"}, 412},
                   {{.if_unmodified_since = earlier, .if_modified_since = later}, 412},
                   {{.if_match = "\"v1\"", .if_none_match = "\"v1\""}, 304},
                   {{.if_unmodified_since = later, .if_modified_since = later}, 304}});
}

TEST(Precedence, PreconditionsBeatRangeAnd416) {
  for (const char* range : {"bytes=0-1", "bytes=1000-", "bytes=abc", "bytes=0-0,5-5"}) {
    SCOPED_TRACE(range);
    expect_statuses({{{.if_none_match = "\"v1\"", .range = range}, 304},
                     {{.if_modified_since = same_date, .range = range}, 304},
                     {{.if_match = "\"v0\"", .range = range}, 412},
                     {{.if_unmodified_since = earlier, .range = range}, 412},
                     {{.if_match = "\"v0\"", .if_range = "\"v1\"", .range = range}, 412}});
  }
}

TEST(Precedence, PreconditionsThatPassLeaveRangeInForce) {
  expect_statuses({{{.if_match = "\"v1\"", .range = "bytes=0-1"}, 206},
                   {{.if_none_match = "\"v0\"", .range = "bytes=0-1"}, 206},
                   {{.if_match = "\"v1\"", .range = "bytes=1000-"}, 416},
                   {{.if_match = "\"v1\"", .if_range = "\"v1\"", .range = "bytes=0-1"}, 206},
                   {{.if_match = "\"v1\"", .if_range = "\"v0\"", .range = "bytes=0-1"}, 200}});
}

// §13.1.5: strong comparison.
TEST(IfRange, ATagMustMatchStrongly) {
  expect_statuses({{{.if_range = "\"v1\"", .range = "bytes=0-1"}, 206},
                   {{.if_range = "\"v0\"", .range = "bytes=0-1"}, 200},
                   {{.if_range = "W/\"v1\"", .range = "bytes=0-1"}, 200}});
  expect_statuses({{{.if_range = "\"v1\"", .range = "bytes=0-1"}, 200},
                   {{.if_range = "W/\"v1\"", .range = "bytes=0-1"}, 200}},
                  song_with_weak_tag());
}

TEST(IfRange, ADateMustBeStrongAndExactlyEqual) {
  const std::vector<Row> unequal{{{.if_range = earlier, .range = "bytes=0-1"}, 200},
                                 {{.if_range = later, .range = "bytes=0-1"}, 200}};
  const Row equal{{.if_range = same_date, .range = "bytes=0-1"}, 206};
  expect_statuses(unequal);
  expect_statuses({equal});
  Representation weakly_dated = song();
  weakly_dated.validators.last_modified_is_strong = false;
  expect_statuses(unequal, weakly_dated);
  expect_statuses({{equal.fields, 200}}, weakly_dated);
}

TEST(IfRange, WhatIsNeitherTagNorDateNeverMatches) {
  for (const std::string field :
       {"*", "v1", "\"v1\", \"v1\"", "\"v0\", \"v1\"", "yesterday", "\"v1"}) {
    SCOPED_TRACE(field);
    expect_statuses({{{.if_range = field, .range = "bytes=0-1"}, 200}});
  }
}

TEST(IfRange, NothingMatchesARepresentationWithoutValidators) {
  expect_statuses({{{.if_range = "\"v1\"", .range = "bytes=0-1"}, 200},
                   {{.if_range = same_date, .range = "bytes=0-1"}, 200},
                   {{.range = "bytes=0-1"}, 206}},
                  song_without_validators());
}

// What Range would have been is then of no interest: the whole, not 416.
TEST(IfRange, AMismatchBeatsA416) {
  expect_statuses({{{.if_range = "\"v0\"", .range = "bytes=1000-"}, 200},
                   {{.if_range = "\"v0\"", .range = "bytes=abc"}, 200},
                   {{.if_range = "\"v1\"", .range = "bytes=1000-"}, 416},
                   {{.if_range = "\"v1\"", .range = "bytes=abc"}, 416}});
}

TEST(IfRange, WithoutRangeIsIgnored) {
  expect_statuses({{{.if_range = "\"v0\""}, 200}, {{.if_range = "\"v1\""}, 200}});
}

TEST(Preconditions, HeadIsEvaluatedLikeGet) {
  for (const Row& row : std::vector<Row>{{{.if_none_match = "\"v1\""}, 304},
                                         {{.if_modified_since = later}, 304},
                                         {{.if_match = "\"v0\""}, 412},
                                         {{.if_match = "\"v1\"", .range = "bytes=0-1"}, 200}}) {
    const ResponsePlan plan =
        plan_response(request_of(row.fields, true), song(), {}, "audio/mpeg", "b");
    EXPECT_EQ(plan.status, row.status);
    EXPECT_FALSE(plan.send_body);
    EXPECT_EQ(plan.content_length, row.status == 200 ? 1000U : 0U);
  }
}

TEST(Preconditions, NotModifiedAndFailedHaveNoBody) {
  for (const Row& row :
       std::vector<Row>{{{.if_none_match = "*"}, 304}, {{.if_match = "\"x\""}, 412}}) {
    const ResponsePlan plan = plan_response(request_of(row.fields), song(), {}, "audio/mpeg", "b");
    EXPECT_EQ(plan.status, row.status);
    EXPECT_EQ(plan.framing, ResponsePlan::Framing::none);
    EXPECT_TRUE(plan.parts.empty());
    EXPECT_FALSE(plan.send_body);
  }
}

TEST(Preconditions, AreEvaluatedForABodyOfUnknownLengthToo) {
  Representation what = song();
  what.length.reset();
  what.seekable = false;
  expect_statuses({{{.if_none_match = "\"v1\""}, 304},
                   {{.if_match = "\"v0\"", .range = "bytes=0-1"}, 412},
                   {{.if_match = "\"v1\"", .range = "bytes=0-1"}, 200}},
                  what);
}

}  // namespace
}  // namespace tonearm::http
