#include "tonearm/server/running_streams.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <utility>

namespace tonearm::server {
namespace {

StreamInfo song(std::string_view id) {
  StreamInfo info;
  info.request_id = "r-7";
  info.song = id;
  info.client = "203.0.113.1";
  info.started = std::chrono::sys_seconds(std::chrono::seconds(784111777));
  return info;
}

boost::json::array listed(const RunningStreams& streams) {
  return boost::json::parse(streams.to_json()).at("streams").as_array();
}

TEST(RunningStreams, NoneIsAnEmptyList) {
  const RunningStreams streams;
  EXPECT_EQ(streams.to_json(), "{\"streams\":[]}\n");
}

TEST(RunningStreams, StreamIsListedWhileItsHandleLives) {
  RunningStreams streams;
  {
    auto first = streams.start(song("1"));
    {
      const auto second = streams.start(song("2"));
      ASSERT_EQ(listed(streams).size(), 2U);
      EXPECT_EQ(listed(streams)[0].at("song"), "1");
      EXPECT_EQ(streams.count(), 2U);
    }
    EXPECT_EQ(streams.count(), 1U);
    first.end();
    EXPECT_EQ(streams.count(), 0U);
  }
  EXPECT_EQ(streams.count(), 0U);
}

TEST(RunningStreams, SaysWhatIsPlaying) {
  RunningStreams streams;
  StreamInfo info = song("7");
  info.name = "S\xFFng";
  info.range = "bytes=100-";
  info.length = 5'000'000'000;
  auto handle = streams.start(info);
  handle.add_bytes(4'000'000'000);
  handle.add_bytes(1);
  const auto entry = listed(streams).at(0);
  EXPECT_EQ(entry.at("request_id"), "r-7");
  EXPECT_EQ(entry.at("name"), "S\uFFFDng");
  EXPECT_EQ(entry.at("client"), "203.0.113.1");
  EXPECT_EQ(entry.at("started"), "1994-11-06T08:49:37.000Z");
  EXPECT_EQ(entry.at("range"), "bytes=100-");
  EXPECT_EQ(entry.at("bytes").to_number<std::uint64_t>(), 4'000'000'001U);
  EXPECT_EQ(entry.at("length").to_number<std::uint64_t>(), 5'000'000'000U);
}

TEST(RunningStreams, SaysHowFarHowFastAndHowLong) {
  RunningStreams streams;
  StreamInfo info = song("7");
  info.first = 100;
  info.source = "http";
  auto handle = streams.start(info);
  handle.add_bytes(50'000);
  const auto text = streams.to_json(info.started + std::chrono::milliseconds(2'500));
  const auto entry = boost::json::parse(text).at("streams").at(0);
  EXPECT_EQ(entry.at("source"), "http");
  EXPECT_EQ(entry.at("position").to_number<std::uint64_t>(), 50'100U);
  EXPECT_EQ(entry.at("rate").to_number<std::uint64_t>(), 20'000U);
  EXPECT_EQ(entry.at("age").to_number<double>(), 2.5);
}

TEST(RunningStreams, HoldsEveryMemberInOrder) {
  RunningStreams streams;
  StreamInfo info = song("7");
  info.first = 100;
  const auto handle = streams.start(info);
  EXPECT_EQ(streams.to_json(info.started + std::chrono::seconds(2)),
            "{\"streams\":[{\"request_id\":\"r-7\",\"song\":\"7\",\"name\":null,"
            "\"client\":\"203.0.113.1\",\"source\":null,"
            "\"started\":\"1994-11-06T08:49:37.000Z\",\"range\":null,\"bytes\":0,"
            "\"length\":null,\"position\":100,\"rate\":0,\"age\":2.0}]}\n");
}

TEST(RunningStreams, NoControlCharacterReachesATerminal) {
  RunningStreams streams;
  StreamInfo info = song("7");
  info.range = "bytes=\u009B2J";
  const auto handle = streams.start(info);
  EXPECT_THAT(streams.to_json(), testing::HasSubstr(R"("range":"bytes=\u009b2J")"));
}

TEST(RunningStreams, UnknownIsNull) {
  RunningStreams streams;
  const auto handle = streams.start(song("7"));
  const auto entry = listed(streams).at(0);
  EXPECT_TRUE(entry.at("name").is_null());
  EXPECT_TRUE(entry.at("range").is_null());
  EXPECT_TRUE(entry.at("length").is_null());
  EXPECT_TRUE(entry.at("position").is_null());
  EXPECT_TRUE(entry.at("source").is_null());
}

TEST(RunningStreams, MovedHandleEndsOnce) {
  RunningStreams streams;
  RunningStreams::Handle kept;
  {
    auto handle = streams.start(song("1"));
    kept = std::move(handle);
  }
  ASSERT_EQ(streams.count(), 1U);
  kept = streams.start(song("2"));
  ASSERT_EQ(streams.count(), 1U);
  EXPECT_EQ(listed(streams)[0].at("song"), "2");
  kept = RunningStreams::Handle();
  EXPECT_EQ(streams.count(), 0U);
}

}  // namespace
}  // namespace tonearm::server
