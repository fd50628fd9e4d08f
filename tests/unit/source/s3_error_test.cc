#include "source/s3_error.h"

#include <gtest/gtest.h>

namespace tonearm::source {
namespace {

TEST(S3Refusal, IsReadFromXml) {
  const S3Refusal said = parse_s3_refusal(
      "<?xml version=\"1.0\"?>\n<Error><Code>AuthorizationHeaderMalformed</Code>"
      "<Message>the region 'us-east-1' is wrong; expecting 'eu-west-1'</Message>"
      "<Region>eu-west-1</Region><RequestId>1</RequestId></Error>");
  EXPECT_EQ(said.code, "AuthorizationHeaderMalformed");
  EXPECT_EQ(said.region, "eu-west-1");
}

TEST(S3Refusal, NonsenseHasNoCode) {
  for (const std::string body : {"", "<Code>", "<Code></Code>", "<Code>a b</Code>",
                                 "<Code>forged\nline</Code>", "<html>Forbidden</html>"}) {
    EXPECT_EQ(parse_s3_refusal(body).code, "") << body;
  }
  EXPECT_EQ(parse_s3_refusal("<Code>" + std::string(65, 'a') + "</Code>").code, "");
}

TEST(S3Refusal, DecidesWhetherOtherKeysMayHelp) {
  EXPECT_TRUE(refuses_keys(400, "ExpiredToken"));
  EXPECT_TRUE(refuses_keys(403, "InvalidAccessKeyId"));
  EXPECT_TRUE(refuses_keys(403, ""));
  EXPECT_FALSE(refuses_keys(403, "RequestTimeTooSkewed"));
  EXPECT_FALSE(refuses_keys(404, "NoSuchKey"));
}

TEST(S3Refusal, BecomesAnError) {
  EXPECT_EQ(error_of_s3(404, "NoSuchKey").kind, ErrorKind::destination_not_found);
  EXPECT_EQ(error_of_s3(404, "NoSuchBucket").detail, "S3 answered 404 NoSuchBucket");
  EXPECT_EQ(error_of_s3(403, "AccessDenied").kind, ErrorKind::origin_refused);
  EXPECT_NE(error_of_s3(403, "RequestTimeTooSkewed").detail.find("clock"), std::string::npos);
}

}  // namespace
}  // namespace tonearm::source
