#include "source/sigv4.h"

#include <gtest/gtest.h>

namespace tonearm::source {
namespace {

using namespace std::chrono;

// The examples of Amazon S3's API reference, "Authenticating Requests: Using the Authorization
// Header (AWS Signature Version 4)".
const AwsKeys example{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", {}};
constexpr sys_seconds may_24 = sys_days(2013y / May / 24);

SigningRequest request_of(std::string path, std::string query) {
  SigningRequest request;
  request.path = std::move(path);
  request.query = std::move(query);
  request.fields = {{"x-amz-date", "20130524T000000Z"},
                    {"host", "examplebucket.s3.amazonaws.com"},
                    {"x-amz-content-sha256", std::string(empty_payload)}};
  request.payload_hash = empty_payload;
  return request;
}

std::string signature(const SigningRequest& request) {
  const std::string text = authorization(request, example, "us-east-1", may_24);
  return text.substr(text.rfind("Signature=") + 10);
}

TEST(SigV4, AmazonsExampleGetObject) {
  SigningRequest request = request_of("/test.txt", "");
  request.fields.emplace_back("range", "bytes=0-9");
  EXPECT_EQ(canonical_request(request),
            "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n"
            "x-amz-content-sha256:" +
                std::string(empty_payload) +
                "\nx-amz-date:20130524T000000Z\n\n"
                "host;range;x-amz-content-sha256;x-amz-date\n" +
                std::string(empty_payload));
  EXPECT_EQ(string_to_sign(request, "us-east-1", may_24),
            "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
            "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972");
  EXPECT_EQ(authorization(request, example, "us-east-1", may_24),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SigV4, AmazonsExamplePutObject) {
  SigningRequest request = request_of("/test%24file.text", "");
  request.method = "PUT";
  request.payload_hash = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
  request.fields = {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                    {"host", "examplebucket.s3.amazonaws.com"},
                    {"x-amz-content-sha256", request.payload_hash},
                    {"x-amz-date", "20130524T000000Z"},
                    {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
  EXPECT_EQ(signature(request), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(SigV4, AmazonsExampleGetBucketLifecycle) {
  EXPECT_EQ(signature(request_of("/", "lifecycle=")),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST(SigV4, AmazonsExampleListObjects) {
  EXPECT_EQ(signature(request_of("/", "max-keys=2&prefix=J")),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SigV4, FieldValuesAreSqueezed) {
  SigningRequest request = request_of("/", "");
  request.fields = {{"host", "  a \t b  "}};
  EXPECT_EQ(canonical_request(request),
            "GET\n/\n\nhost:a b\n\nhost\n" + std::string(empty_payload));
}

TEST(AwsEncode, OnlyUnreservedBytesAndSlashesStay) {
  EXPECT_EQ(aws_encode("/aZ09-._~/"), "/aZ09-._~/");
  EXPECT_EQ(aws_encode("a b+c%d//e"), "a%20b%2Bc%25d//e");
  EXPECT_EQ(aws_encode("\xC3\xBC!$&'()*,:;=?@[]#\""),
            "%C3%BC%21%24%26%27%28%29%2A%2C%3A%3B%3D%3F%40%5B%5D%23%22");
}

}  // namespace
}  // namespace tonearm::source
