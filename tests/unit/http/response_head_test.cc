#include "tonearm/http/response_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tonearm::http {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

constexpr HttpTime now{seconds(784111777)};  // Sun, 06 Nov 1994 08:49:37 GMT
constexpr std::string_view date_line = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

Representation song() {
  Representation what;
  what.length = 1000;
  what.validators.etag = EntityTag{"\"v1\"", false};
  what.validators.last_modified = now - seconds(60);
  return what;
}

ResponsePlan plan_for(const Representation& what, std::string_view range, bool head = false) {
  RepresentationRequest request;
  request.head = head;
  request.range = parse_range(range);
  return plan_response(request, what, {}, "audio/mpeg", "b0");
}

/// The lines that a plan adds, in their order.
std::vector<std::string> fields(const ResponsePlan& plan, const Representation& what,
                                unsigned version = 11) {
  ResponseHead head(plan.status, now);
  add_plan_fields(head, plan, what, "audio/mpeg", "b0", version);
  std::string text = std::move(head).finish();
  EXPECT_TRUE(text.ends_with("\r\n\r\n")) << text;
  text = text.substr(text.find(date_line) + date_line.size());
  std::vector<std::string> lines;
  for (std::size_t at = 0; text.compare(at, 2, "\r\n") != 0;) {
    const auto end = text.find("\r\n", at);
    lines.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  return lines;
}

constexpr auto etag = "ETag: \"v1\"";
constexpr auto last_modified = "Last-Modified: Sun, 06 Nov 1994 08:48:37 GMT";
constexpr auto accept_ranges = "Accept-Ranges: bytes";
constexpr auto type = "Content-Type: audio/mpeg";

TEST(ResponseHead, IsTheStatusLineDateFieldsAndAnEmptyLine) {
  ResponseHead head(206, now);
  head.add("X-A", "b").add("X-N", std::uint64_t{18446744073709551615U});
  EXPECT_EQ(std::move(head).finish(), "HTTP/1.1 206 Partial Content\r\n" + std::string(date_line) +
                                          "X-A: b\r\nX-N: 18446744073709551615\r\n\r\n");
}

TEST(ResponseHead, TellsTheDateOfEachHead) {
  EXPECT_NE(ResponseHead(200, now).finish().find(date_line), std::string::npos);
  EXPECT_NE(ResponseHead(200, now + seconds(1)).finish().find(" 08:49:38 GMT\r\n"),
            std::string::npos);
  EXPECT_NE(ResponseHead(200, now).finish().find(date_line), std::string::npos);
  EXPECT_NE(ResponseHead(200, HttpTime{}).finish().find("Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
            std::string::npos);
}

TEST(ResponseHead, DropsWhatCouldEndAFieldValue) {  // RFC 9110 §5.5
  ResponseHead head(200, now);
  head.add("X", std::string_view("a\r\nSet-Cookie: b\0c", 18));
  EXPECT_TRUE(std::move(head).finish().ends_with("\r\nX: aSet-Cookie: bc\r\n\r\n"));
}

TEST(ReasonPhrase, IsKnownForEveryStatusThatIsSent) {
  for (const unsigned status : {200U, 204U, 206U, 304U, 400U, 401U, 403U, 404U, 405U, 408U,
                                412U, 414U, 416U, 429U, 431U, 500U, 502U, 503U, 504U, 505U}) {
    EXPECT_NE(reason_phrase(status), "Unknown") << status;
  }
  EXPECT_EQ(reason_phrase(416), "Range Not Satisfiable");
  EXPECT_EQ(reason_phrase(299), "Unknown");
}

TEST(AddPlanFields, DescribesTheWhole) {  // RFC 9110 §15.3.1
  EXPECT_THAT(fields(plan_for(song(), ""), song()),
              testing::UnorderedElementsAre(type, "Content-Length: 1000", accept_ranges, etag,
                                            last_modified));
}

TEST(AddPlanFields, AnswersHeadLikeGet) {  // RFC 9110 §9.3.2
  EXPECT_EQ(fields(plan_for(song(), "", true), song()), fields(plan_for(song(), ""), song()));
}

TEST(AddPlanFields, DescribesOnePart) {  // RFC 9110 §15.3.7.1
  EXPECT_THAT(
      fields(plan_for(song(), "bytes=10-19"), song()),
      testing::UnorderedElementsAre(type, "Content-Length: 10", "Content-Range: bytes 10-19/1000",
                                    accept_ranges, etag, last_modified));
}

TEST(AddPlanFields, GivesMultipartNoContentRangeOfItsOwn) {  // RFC 9110 §15.3.7.2
  const ResponsePlan plan = plan_for(song(), "bytes=0-0,10-19");
  EXPECT_THAT(fields(plan, song()), testing::UnorderedElementsAre(
                                        "Content-Type: multipart/byteranges; boundary=b0",
                                        "Content-Length: " + std::to_string(plan.content_length),
                                        accept_ranges, etag, last_modified));
}

TEST(AddPlanFields, GivesNotModifiedItsValidatorsAlone) {  // RFC 9110 §15.4.5
  RepresentationRequest request;
  request.if_none_match = parse_entity_tag_list("\"v1\"");
  const ResponsePlan plan = plan_response(request, song(), {}, "audio/mpeg", "b0");
  ASSERT_EQ(plan.status, 304U);
  EXPECT_THAT(fields(plan, song()), testing::UnorderedElementsAre(etag, last_modified));
}

TEST(AddPlanFields, ChunksABodyOfUnknownLengthForHttp11Alone) {  // RFC 9112 §6.1
  Representation what = song();
  what.length.reset();
  what.seekable = false;
  const ResponsePlan plan = plan_for(what, "");
  EXPECT_THAT(fields(plan, what, 11), testing::UnorderedElementsAre(
                                          type, "Transfer-Encoding: chunked", etag, last_modified));
  EXPECT_THAT(fields(plan, what, 10), testing::UnorderedElementsAre(type, etag, last_modified));
}

TEST(AddPlanFields, TellsHeadNoFramingWhereTheLengthIsUnknown) {  // RFC 9110 §9.3.2
  Representation what = song();
  what.length.reset();
  EXPECT_THAT(fields(plan_for(what, "", true), what),
              testing::UnorderedElementsAre(type, etag, last_modified));
}

TEST(AddPlanFields, TellsTheLengthOfAnEmptyBody) {
  Representation what;
  what.length = 0;
  EXPECT_THAT(fields(plan_for(what, ""), what),
              testing::UnorderedElementsAre(type, "Content-Length: 0", accept_ranges));
}

TEST(AddPlanFields, HandsOnNoWeakTag) {  // players put it into If-Range, where it never matches
  Representation what = song();
  what.validators.etag->weak = true;
  EXPECT_THAT(
      fields(plan_for(what, ""), what),
      testing::UnorderedElementsAre(type, "Content-Length: 1000", accept_ranges, last_modified));
}

}  // namespace
}  // namespace tonearm::http
