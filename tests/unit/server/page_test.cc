#include "server/page.h"

#include "server_fixture.h"

#include <gmock/gmock.h>

#include <zlib.h>

namespace tonearm::server {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Page : public ServerTest {
 protected:
  std::string ask_for(const std::string& method, const std::string& fields = {}) {
    return ask(method + " / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + fields + "\r\n");
  }
};

std::string gunzip(std::string packed) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return "no zlib";
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return result == Z_STREAM_END ? out : "not gzip";
}

TEST_F(Page, IsOneTextThatLoadsNothingElse) {
  EXPECT_THAT(page_text, StartsWith("<!doctype html>"));
  EXPECT_THAT(page_text, Not(HasSubstr("PAGE_JS")));
  EXPECT_THAT(page_text, Not(HasSubstr("<script src")));
  EXPECT_THAT(page_text, Not(HasSubstr("rel=\"stylesheet\"")));
  EXPECT_THAT(page_text, Not(HasSubstr("innerHTML")));
}

TEST_F(Page, ComesAsItIsOrCompressed) {
  start();
  const std::string plain = ask_for("GET");
  EXPECT_THAT(plain, StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(body_of(plain), page_text);
  EXPECT_EQ(field_of(plain, "Content-Encoding"), "");
  EXPECT_EQ(field_of(plain, "Vary"), "Accept-Encoding");
  const std::string packed = ask_for("GET", "Accept-Encoding: br, gzip;q=0.5\r\n");
  EXPECT_EQ(field_of(packed, "Content-Encoding"), "gzip");
  EXPECT_EQ(gunzip(body_of(packed)), page_text);
  EXPECT_LT(body_of(packed).size(), 60U * 1024);
  EXPECT_NE(field_of(packed, "ETag"), field_of(plain, "ETag"));
  EXPECT_EQ(field_of(ask_for("GET", "Accept-Encoding: gzip;q=0, br\r\n"), "Content-Encoding"), "");
  EXPECT_EQ(field_of(ask_for("GET", "Accept-Encoding: GZip;Q=1\r\n"), "Content-Encoding"), "gzip");
}

TEST_F(Page, AllowsItsOwnScriptAlone) {
  start();
  const std::string policy = field_of(ask_for("GET"), "Content-Security-Policy");
  EXPECT_THAT(policy, StartsWith("default-src 'none'; script-src 'sha256-"));
  EXPECT_THAT(policy, HasSubstr("style-src 'sha256-"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
}

TEST_F(Page, PlaysFromWherePublicUrlIs) {
  options.public_url = "https://media.example:8443/tonearm";
  start();
  EXPECT_THAT(field_of(ask_for("GET"), "Content-Security-Policy"),
              testing::EndsWith("; connect-src 'self' https://media.example:8443"
                                "; media-src 'self' https://media.example:8443"));
}

TEST_F(Page, PlaysFromANameThatBeginsWithAnAddress) {
  options.public_url = "http://192.168.1.10.nip.io:8005/";
  start();
  EXPECT_THAT(field_of(ask_for("GET"), "Content-Security-Policy"),
              testing::EndsWith("; media-src 'self' http://192.168.1.10.nip.io:8005"));
}

TEST_F(Page, IsNotSentAgainToWhoHasIt) {
  start();
  const std::string etag = field_of(ask_for("GET"), "ETag");
  const std::string again = ask_for("GET", "If-None-Match: " + etag + "\r\n");
  EXPECT_THAT(again, StartsWith("HTTP/1.1 304 "));
  EXPECT_EQ(field_of(again, "ETag"), etag);
  EXPECT_EQ(body_of(again), "");
  EXPECT_THAT(ask_for("GET", "If-None-Match: \"other\"\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Page, IsSentAnewUnderANewPolicy) {
  start();
  const std::string before = field_of(ask_for("GET"), "ETag");
  const std::string packed = field_of(ask_for("GET", "Accept-Encoding: gzip\r\n"), "ETag");
  options.public_url = "https://media.example";
  server->reconfigure(
      LoopServer::prepare(options, store, source, [](std::string_view) { return false; }));
  const std::string answer = ask_for("GET", "If-None-Match: " + before + ", " + packed + "\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(field_of(answer, "Content-Security-Policy"), HasSubstr("https://media.example"));
  const std::string again = ask_for("GET", "If-None-Match: " + field_of(answer, "ETag") + "\r\n");
  EXPECT_THAT(again, StartsWith("HTTP/1.1 304 "));
  EXPECT_EQ(field_of(again, "Content-Security-Policy"),
            field_of(answer, "Content-Security-Policy"));
}

TEST_F(Page, HeadHasNoBody) {
  start();
  const std::string head = ask_for("HEAD");
  EXPECT_EQ(field_of(head, "Content-Length"), std::to_string(page_text.size()));
  EXPECT_EQ(body_of(head), "");
  EXPECT_THAT(ask_for("POST"), StartsWith("HTTP/1.1 405 "));
}

}  // namespace
}  // namespace tonearm::server
