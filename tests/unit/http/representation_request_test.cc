// What read_representation_request makes of the fields of a head.

#include "tonearm/http/representation_request.h"

#include "tonearm/http/plan.h"

#include <gtest/gtest.h>

#include <string>

namespace tonearm::http {
namespace {

RepresentationRequest read(const std::string& fields, const std::string& method = "GET") {
  const std::string text = method + " /songs/listen/1 HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
  const Result<RequestHead> head = parse_request_head(text);
  EXPECT_TRUE(head.has_value()) << text;
  return head ? read_representation_request(*head) : RepresentationRequest{};
}

TEST(ReadRepresentationRequest, WithoutFieldsNothingIsAsked) {
  const RepresentationRequest request = read("");
  EXPECT_FALSE(request.head);
  EXPECT_EQ(request.range.kind, RangeField::Kind::ignored);
  EXPECT_FALSE(request.if_match || request.if_none_match);
  EXPECT_FALSE(request.if_modified_since || request.if_unmodified_since);
  EXPECT_TRUE(request.if_range.empty());
}

TEST(ReadRepresentationRequest, ReadsEveryField) {
  const RepresentationRequest request = read(
      "Range: bytes=5-\r\n"
      "If-Match: *\r\n"
      "If-None-Match: W/\"a\"\r\n"
      "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
      "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:38 GMT\r\n"
      "If-Range: \"a\"\r\n",
      "HEAD");
  EXPECT_TRUE(request.head);
  ASSERT_EQ(request.range.specs.size(), 1U);
  EXPECT_EQ(request.range.specs[0], (RangeSpec{5, std::nullopt}));
  ASSERT_TRUE(request.if_match);
  EXPECT_TRUE(request.if_match->any);
  ASSERT_TRUE(request.if_none_match);
  EXPECT_EQ(request.if_none_match->tags, (std::vector{EntityTag{"\"a\"", true}}));
  EXPECT_EQ(request.if_modified_since, HttpTime(std::chrono::seconds(784111777)));
  EXPECT_EQ(request.if_unmodified_since, HttpTime(std::chrono::seconds(784111778)));
  EXPECT_EQ(request.if_range, "\"a\"");
}

TEST(ReadRepresentationRequest, WhatA304MayAnswerWantsNoBodyYet) {
  EXPECT_TRUE(read("").wants_body());
  EXPECT_TRUE(read("If-Match: \"a\"\r\nIf-Range: \"a\"\r\nRange: bytes=0-1\r\n").wants_body());
  EXPECT_FALSE(read("If-None-Match: \"a\"\r\n").wants_body());
  EXPECT_FALSE(read("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n").wants_body());
  EXPECT_FALSE(read("", "HEAD").wants_body());
}

// RFC 9110 §5.3: If-Match and If-None-Match are lists and may be split over lines.
TEST(ReadRepresentationRequest, TagsOfSeveralLinesAreOneList) {
  const RepresentationRequest request = read(
      "If-None-Match: \"a\"\r\nIf-Match: \"x\"\r\nIf-None-Match: \"b\", \"c\"\r\nif-match: "
      "W/\"y\"\r\n");
  ASSERT_TRUE(request.if_none_match && request.if_match);
  EXPECT_EQ(request.if_none_match->tags,
            (std::vector<EntityTag>{{"\"a\"", false}, {"\"b\"", false}, {"\"c\"", false}}));
  EXPECT_EQ(request.if_match->tags, (std::vector<EntityTag>{{"\"x\"", false}, {"\"y\"", true}}));
}

// An empty If-Match is there, and matches nothing.
TEST(ReadRepresentationRequest, AnEmptyTagListIsPresent) {
  const RepresentationRequest request = read("If-Match:\r\n");
  ASSERT_TRUE(request.if_match);
  EXPECT_FALSE(request.if_match->any);
  EXPECT_TRUE(request.if_match->tags.empty());
}

// RFC 9110 §5.3, §14.2: Range is no list-based field, so two of them are ambiguous.
TEST(ReadRepresentationRequest, ARangeGivenTwiceIsIgnored) {
  for (const char* fields :
       {"Range: bytes=0-1\r\nRange: bytes=0-1\r\n", "Range: bytes=0-1\r\nRange: 5-6\r\n",
        "Range: x\r\nrange: bytes=0-1\r\n"}) {
    EXPECT_EQ(read(fields).range.kind, RangeField::Kind::ignored) << fields;
  }
  EXPECT_EQ(read("Range: bytes=0-1,5-6\r\n").range.kind, RangeField::Kind::bytes);
  EXPECT_EQ(read("Range: bytes=\r\n").range.kind, RangeField::Kind::malformed);
}

// RFC 9110 §13.1.3, §13.1.4: not a valid date, or more than one: ignored.
TEST(ReadRepresentationRequest, DatesThatAreNotExactlyOneDateAreIgnored) {
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
  for (const std::string name : {"If-Modified-Since", "If-Unmodified-Since"}) {
    for (const std::string& fields :
         {name + ": yesterday\r\n", name + ":\r\n", name + ": 784111777\r\n",
          name + ": " + date + ", " + date + "\r\n",
          name + ": " + date + "\r\n" + name + ": " + date + "\r\n"}) {
      const RepresentationRequest request = read(fields);
      EXPECT_FALSE(request.if_modified_since || request.if_unmodified_since) << fields;
    }
  }
}

/// The status of a whole exchange about a song whose tag is "a".
unsigned status_of(const std::string& fields) {
  Representation what;
  what.length = 10;
  what.validators.etag = EntityTag{"\"a\"", false};
  return plan_response(read(fields), what, {}, "audio/mpeg", "b").status;
}

// RFC 9110 §13.1.5: what is no validator cannot match, hence the whole.
TEST(ReadRepresentationRequest, AnEmptyOrRepeatedIfRangeNeverMatches) {
  EXPECT_EQ(status_of("Range: bytes=0-1\r\nIf-Range: \"a\"\r\n"), 206U);
  EXPECT_EQ(status_of("Range: bytes=0-1\r\nIf-Range: \"a\"\r\nIf-Range: \"a\"\r\n"), 200U);
  EXPECT_EQ(status_of("Range: bytes=0-1\r\nIf-Range:\r\nIf-Range: \"a\"\r\n"), 200U);
  EXPECT_EQ(status_of("Range: bytes=0-1\r\nIf-Range:\r\n"), 200U);
  EXPECT_EQ(status_of("Range: bytes=abc\r\nIf-Range:\r\n"), 200U);
}

}  // namespace
}  // namespace tonearm::http
