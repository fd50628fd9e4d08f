#include "http_fixture.h"

#include <string>
#include <utility>
#include <vector>

namespace tonearm::source {
namespace {

class HttpProbeTest : public HttpFixture {
 protected:
  /// What is reported of an origin that answers a Range with `to_range`, and else the whole.
  OriginReport probe(const std::string& to_range) {
    ScriptedOrigin origin([&](const OriginAsked& asked) {
      if (asked.first) return OriginAnswer{to_range};
      return honest_answer(asked, content_, strong);
    });
    const OriginReport report = probe(origin);
    asked_ = ranges(origin);
    return report;
  }

  OriginReport probe(ScriptedOrigin& origin) {
    io::asio::io_context loop(1);
    HttpSource source(make_http_client(loop.get_executor(), options_));
    Locator locator;
    locator.kind = Locator::Kind::url;
    locator.value = origin.url() + "/song";
    return test::run(loop, source.probe({locator})).value();
  }

  const std::string content_ = make_content(1000);
  std::vector<std::string> asked_;
};

TEST_F(HttpProbeTest, AnOriginThatDoesRangesIsAskedOnce) {
  ScriptedOrigin origin(honest(content_));
  const OriginReport report = probe(origin);
  EXPECT_EQ(report.complaint, "");
  EXPECT_EQ(report.status, 206U);
  EXPECT_EQ(report.length, 1000U);
  EXPECT_TRUE(report.ranges);
  EXPECT_EQ(report.no_ranges_because, "");
  EXPECT_EQ(ranges(origin), std::vector<std::string>{"0-1"});
}

TEST_F(HttpProbeTest, AnEmptyFileIsAsGoodAsAnother) {
  const OriginReport report = probe(
      "HTTP/1.1 416 No\r\nContent-Range: bytes */0\r\nContent-Length: 0\r\n"
      "Content-Type: text/html\r\nETag: \"v1\"\r\n\r\n");
  EXPECT_EQ(report.complaint, "");
  EXPECT_EQ(report.status, 416U);
  EXPECT_EQ(report.length, 0U);
  EXPECT_EQ(report.content_type, "");
  EXPECT_TRUE(report.ranges);
  EXPECT_TRUE(report.resumable);
  EXPECT_EQ(asked_, std::vector<std::string>{"0-1"});
}

/// As who plays it is.
TEST_F(HttpProbeTest, WhereARangeIsOfNoUseTheWholeIsReported) {
  const std::pair<std::string, std::string> answers[] = {
      {"HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n", "answers 0-1 with 416"},
      {"HTTP/1.1 416 No\r\nContent-Range: bytes */1000\r\nContent-Length: 0\r\n\r\n",
       "answers 0-1 with 416"},
      {"HTTP/1.1 206 P\r\nContent-Length: 2\r\n\r\nab",
       "answers 0-1 without a Content-Range that makes sense"},
      {"HTTP/1.1 206 P\r\nContent-Range: bytes 0-1/*\r\nContent-Length: 2\r\n\r\nab",
       "answers 0-1 without a size"},
      {"HTTP/1.1 206 P\r\nContent-Range: bytes 5-6/1000\r\nContent-Length: 2\r\n\r\nab",
       "answers 0-1 with another range"},
      {"HTTP/1.1 206 P\r\nContent-Range: bytes 0-1/1000\r\nContent-Length: 3\r\n\r\nabc",
       "answers 0-1 with more or less than its Content-Range says"},
      {"HTTP/1.1 200 OK\r\nContent-Range: bytes 0-1/1000\r\nContent-Length: 2\r\n\r\nab",
       "answers 0-1 with a part that says 200"},
  };
  for (const auto& [answer, why] : answers) {
    const OriginReport report = probe(answer);
    EXPECT_EQ(report.complaint, "");
    EXPECT_EQ(report.status, 200U);
    EXPECT_EQ(report.length, 1000U);
    EXPECT_EQ(report.content_type, "audio/mpeg");
    EXPECT_FALSE(report.ranges);
    EXPECT_EQ(report.no_ranges_because, why);
    EXPECT_EQ(asked_, (std::vector<std::string>{"0-1", ""}));
  }
}

TEST_F(HttpProbeTest, AFailureIsAComplaint) {
  const OriginReport report = probe("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(report.status, 503U);
  EXPECT_NE(report.complaint, "");
  EXPECT_EQ(asked_, std::vector<std::string>{"0-1"});
}

TEST_F(HttpProbeTest, AFailureBehindARangeOfNoUseIsAComplaintToo) {
  for (const std::string second : {"404", "416", "503"}) {
    ScriptedOrigin origin([&](const OriginAsked& asked) {
      return OriginAnswer{"HTTP/1.1 " + (asked.first ? "416" : second) +
                          " No\r\nContent-Length: 0\r\n\r\n"};
    });
    const OriginReport report = probe(origin);
    EXPECT_EQ(report.status, std::stoul(second));
    EXPECT_NE(report.complaint, "");
  }
}

}  // namespace
}  // namespace tonearm::source
