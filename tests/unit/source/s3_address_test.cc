#include "source/s3_address.h"

#include <gtest/gtest.h>

namespace tonearm::source {
namespace {

std::string url_of(const S3Options& options, const std::string& locator,
                   std::string_view region = "us-east-1") {
  return s3_address(options, parse_s3_object(locator).value(), region).value().url.text;
}

S3Options at(std::string endpoint) {
  S3Options options;
  options.endpoint = std::move(endpoint);
  return options;
}

TEST(S3Address, TheBucketIsAHostWhereItCanBeOne) {
  EXPECT_EQ(url_of({}, "music/a.mp3"), "https://music.s3.amazonaws.com/a.mp3");
  EXPECT_EQ(url_of(at("http://minio:9000"), "music/a.mp3"), "http://music.minio:9000/a.mp3");
  EXPECT_EQ(url_of(at("http://minio"), "my.music/a.mp3"), "http://my.music.minio/a.mp3");
}

TEST(S3Address, TheBucketIsAPathWhereItCannotBeAHost) {
  S3Options asked;
  asked.path_style = true;
  EXPECT_EQ(url_of(asked, "music/a.mp3"), "https://s3.amazonaws.com/music/a.mp3");
  EXPECT_EQ(url_of({}, "my.music/a.mp3"), "https://s3.amazonaws.com/my.music/a.mp3")
      << "no certificate covers it";
  EXPECT_EQ(url_of({}, "My_Music/a.mp3"), "https://s3.amazonaws.com/My_Music/a.mp3");
  EXPECT_EQ(url_of(at("http://127.0.0.1:9000"), "music/a.mp3"),
            "http://127.0.0.1:9000/music/a.mp3");
  EXPECT_EQ(url_of(at("http://[::1]:9000"), "music/a.mp3"), "http://[::1]:9000/music/a.mp3");
}

TEST(S3Address, TheEndpointMayHaveAPath) {
  EXPECT_EQ(url_of(at("http://127.0.0.1:9000/s3/"), "music/a.mp3"),
            "http://127.0.0.1:9000/s3/music/a.mp3");
}

TEST(S3Address, KeysArePlainNames) {
  EXPECT_EQ(url_of({}, "music/a b+c%20d//\xC3\xBC?#.mp3"),
            "https://music.s3.amazonaws.com/a%20b%2Bc%2520d//%C3%BC%3F%23.mp3");
  EXPECT_EQ(url_of({}, "music//a"), "https://music.s3.amazonaws.com//a");
}

TEST(S3Address, TheHostFieldLeavesTheUsualPortOut) {
  const S3Object object{"music", "a"};
  EXPECT_EQ(s3_address(at("https://s3.example:443"), object, "us-east-1")->host,
            "music.s3.example");
  EXPECT_EQ(s3_address(at("http://s3.example:443"), object, "us-east-1")->host,
            "music.s3.example:443");
}

struct Regional {
  const char* endpoint;
  const char* configured;
  const char* region;  ///< Of the bucket.
  const char* object;
  const char* url;
};
class S3Region : public testing::TestWithParam<Regional> {};
TEST_P(S3Region, HasAHostOfItsOwnAtAmazon) {
  S3Options options = at(GetParam().endpoint);
  options.region = GetParam().configured;
  EXPECT_EQ(url_of(options, GetParam().object, GetParam().region), GetParam().url);
}
constexpr const char* global = "https://s3.amazonaws.com";
INSTANTIATE_TEST_SUITE_P(
    All, S3Region,
    testing::Values(
        Regional{global, "us-east-1", "us-east-1", "music/a", "https://music.s3.amazonaws.com/a"},
        Regional{global, "us-east-1", "eu-west-3", "music/a",
                 "https://music.s3.eu-west-3.amazonaws.com/a"},
        Regional{global, "eu-south-1", "eu-south-1", "music/a",
                 "https://music.s3.eu-south-1.amazonaws.com/a"},
        Regional{global, "eu-south-1", "eu-south-1", "my.music/a",
                 "https://s3.eu-south-1.amazonaws.com/my.music/a"},
        Regional{global, "eu-south-1", "us-east-1", "music/a", "https://music.s3.amazonaws.com/a"},
        Regional{"https://s3.eu-west-3.amazonaws.com", "eu-west-3", "eu-west-3", "music/a",
                 "https://music.s3.eu-west-3.amazonaws.com/a"},
        Regional{"https://s3.eu-west-3.amazonaws.com", "eu-west-3", "us-east-1", "music/a",
                 "https://music.s3.us-east-1.amazonaws.com/a"},
        Regional{"https://s3.example", "eu-west-3", "eu-west-3", "music/a",
                 "https://music.s3.example/a"},
        Regional{"https://s3.example", "us-east-1", "eu-west-3", "music/a",
                 "https://music.s3.example/a"}));

TEST(S3Object, NamesABucketAndAKey) {
  for (const std::string bad : {"", "music", "music/", "/a", "mu sic/a", "mus?ic/a", "../a",
                                "music/../a", "music/a/..", "music/./a", "a@b/c", "a:1/c"}) {
    EXPECT_FALSE(parse_s3_object(bad)) << bad;
  }
  EXPECT_EQ(parse_s3_object("music/a/b")->key, "a/b");
}

TEST(S3Signatures, GoOnlyToHostsOfTheSameService) {
  const auto may = [](const std::string& to, const std::string& from) {
    return may_sign_for(parse_origin_url("http://" + to).value(),
                        parse_origin_url("http://" + from).value(), "music");
  };
  EXPECT_TRUE(may("s3.example:2", "s3.example:1"));
  EXPECT_TRUE(may("music.s3.example", "s3.example"));
  EXPECT_TRUE(may("s3.example", "music.s3.example"));
  EXPECT_FALSE(may("eu.s3.example", "s3.example"));
  EXPECT_FALSE(may("example", "s3.example"));
  EXPECT_FALSE(may("evil.example", "s3.example.org"));
  EXPECT_FALSE(may("evils3.example", "s3.example"));
}

TEST(S3Signatures, GoToAnyS3HostOfAmazonsFromAnother) {
  const auto may = [](const std::string& to, const std::string& from) {
    return may_sign_for(parse_origin_url("https://" + to).value(),
                        parse_origin_url("https://" + from).value(), "music");
  };
  const std::string global_host = "s3.amazonaws.com";
  for (const std::string to :
       {"music.s3.eu-west-3.amazonaws.com", "s3.us-gov-east-1.amazonaws.com",
        "music.s3-eu-west-3.amazonaws.com", "my.music.s3.dualstack.ap-south-1.amazonaws.com",
        "s3-fips.us-east-2.amazonaws.com", "music.s3.amazonaws.com"}) {
    EXPECT_TRUE(may(to, global_host)) << to;
    EXPECT_TRUE(may(to, "music." + global_host)) << to;
    EXPECT_FALSE(may(to, "s3.example")) << to;
    EXPECT_FALSE(may(global_host, to + ".evil")) << to;
  }
  for (const std::string to :
       {"ec2-203-0-113-9.compute-1.amazonaws.com", "s3-evil-1.us-east-1.elb.amazonaws.com",
        "a.execute-api.us-east-1.amazonaws.com", "s3.compute-1.amazonaws.com", "amazonaws.com",
        "amazonaws.com.evil", "s3.evil.amazonaws.com", "s3x.amazonaws.com", "evil-s3.amazonaws.com",
        "s3-evil.amazonaws.com", "ec2-1-2-3-4.eu-west-3.compute.amazonaws.com"}) {
    EXPECT_FALSE(may(to, global_host)) << to;
  }
}

}  // namespace
}  // namespace tonearm::source
