#include "server/admin.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tonearm::server {
namespace {

using http::verb;
using testing::HasSubstr;

class Admin : public testing::Test {
 protected:
  AdminReply get(std::string_view path) { return handle_admin(verb::get, path, state_); }

  Metrics metrics_;
  RunningStreams streams_;
  AdminState state_{std::nullopt, false, metrics_, streams_, std::nullopt};
};

TEST_F(Admin, HealthIsOkWhateverTheCatalogDoes) {
  state_.catalog_error = Error{ErrorKind::catalog_unavailable, "no such file", std::nullopt};
  state_.draining = true;
  EXPECT_EQ(get("/healthz").status, 200U);
  EXPECT_EQ(get("/healthz").body, "ok\n");
}

TEST_F(Admin, ReadyWhenTheCatalogIsReadable) {
  EXPECT_EQ(get("/readyz").status, 200U);
  EXPECT_TRUE(wants_readiness("/readyz"));
  EXPECT_FALSE(wants_readiness("/healthz"));
}

TEST_F(Admin, NotReadyNamesTheReason) {
  state_.catalog_error = Error{ErrorKind::catalog_unavailable, "no such file", std::nullopt};
  EXPECT_EQ(get("/readyz").status, 503U);
  EXPECT_THAT(get("/readyz").body, HasSubstr("no such file"));
  state_.draining = true;
  EXPECT_EQ(get("/readyz").status, 503U);
  EXPECT_THAT(get("/readyz").body, HasSubstr("draining"));
  EXPECT_GT(get("/readyz").retry_after, std::chrono::seconds(0));
}

TEST_F(Admin, MetricsAreTextWithTheStreamsOfNow) {
  const auto stream = streams_.start({});
  const AdminReply reply = get("/metrics");
  EXPECT_EQ(reply.status, 200U);
  EXPECT_THAT(std::string(reply.content_type), HasSubstr("text/plain; version=0.0.4"));
  EXPECT_THAT(reply.body, HasSubstr("tonearm_running_streams 1\n"));
}

TEST_F(Admin, StreamsAreJson) {
  const auto stream = streams_.start({});
  const AdminReply reply = get("/streams");
  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_EQ(boost::json::parse(reply.body).at("streams").as_array().size(), 1U);
}

TEST_F(Admin, HeadIsGet) {
  EXPECT_EQ(handle_admin(verb::head, "/healthz", state_).body, get("/healthz").body);
}

TEST_F(Admin, ACacheThatIsNoneHoldsNothing) {
  EXPECT_EQ(
      get("/cache").body,
      "{\"enabled\":false,\"writable\":false,\"entries\":0,\"pieces\":0,\"bytes\":0,\"size\":0,"
      "\"hit_ratio\":0.0,\"hits\":0,\"partial\":0,\"misses\":0,\"kept_bytes\":0,"
      "\"arriving_bytes\":0,\"running_fills\":0,\"evictions\":0}\n");
}

TEST_F(Admin, TheCacheTellsWhatItHolds) {
  EXPECT_FALSE(boost::json::parse(get("/cache").body).at("enabled").as_bool());
  cache::Statistics statistics;
  statistics.writable = true;
  statistics.songs = 2;
  statistics.bytes = 5;
  statistics.hits = 3;
  statistics.misses = 1;
  state_.cache = statistics;
  const boost::json::value told = boost::json::parse(get("/cache").body);
  EXPECT_EQ(told.at("writable"), true);
  EXPECT_EQ(told.at("entries"), 2);
  EXPECT_EQ(told.at("bytes"), 5);
  EXPECT_EQ(told.at("hit_ratio"), 0.75);
  EXPECT_THAT(get("/metrics").body, HasSubstr("tonearm_cache_responses_total{state=\"hit\"} 3\n"));
  EXPECT_THAT(get("/metrics").body, HasSubstr("tonearm_cache_writable 1\n"));
}

TEST_F(Admin, ForgettingASongIsADelete) {
  EXPECT_EQ(song_to_forget(verb::delete_, "/cache/7"), "7");
  EXPECT_EQ(song_to_forget(verb::get, "/cache/7"), std::nullopt);
  EXPECT_EQ(song_to_forget(verb::delete_, "/cache/"), std::nullopt);
  EXPECT_EQ(song_to_forget(verb::delete_, "/streams"), std::nullopt);
  const AdminReply reply = get("/cache/7");
  EXPECT_EQ(reply.status, 405U);
  EXPECT_EQ(reply.allow, "DELETE");
}

TEST_F(Admin, OtherPathsAreNotFound) {
  for (const char* path : {"/", "", "/healthz/", "/songs/listen/1", "/cache/"}) {
    const AdminReply reply = get(path);
    EXPECT_EQ(reply.status, 404U) << path;
    EXPECT_EQ(reply.content_type, "application/problem+json");
    EXPECT_EQ(boost::json::parse(reply.body).at("status"), 404);
  }
}

TEST_F(Admin, OtherMethodsAreNotAllowed) {
  const AdminReply reply = handle_admin(verb::post, "/healthz", state_);
  EXPECT_EQ(reply.status, 405U);
  http::ResponseHead head(reply.status, http::HttpTime{});
  add_admin_fields(head, reply);
  EXPECT_THAT(std::move(head).finish(), HasSubstr("Allow: GET, HEAD\r\n"));
}

TEST_F(Admin, FieldsDescribeTheBody) {
  const AdminReply reply = get("/healthz");
  http::ResponseHead head(reply.status, http::HttpTime{});
  add_admin_fields(head, reply);
  const std::string text = std::move(head).finish();
  EXPECT_THAT(text, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(text, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_EQ(text.find("Allow"), std::string::npos);
}

}  // namespace
}  // namespace tonearm::server
