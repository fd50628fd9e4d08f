#include "server/router.h"

#include "server_fixture.h"

#include <gmock/gmock.h>

namespace tonearm::server {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Router : public ServerTest {
 protected:
  std::string ask_for(const std::string& method, const std::string& target) {
    return ask(method + " " + target + " HTTP/1.1\r\nHost: h\r\nOrigin: http://page\r\n" +
               "Connection: close\r\n\r\n");
  }
};

TEST_F(Router, EachTargetHasItsStatus) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"/songs/listen/1", "200"},
      {"/songs/listen/1?x=y", "200"},
      {"/songs/listen/%31", "200"},
      {"/%73ongs/listen/1", "200"},
      {"http://h/songs/listen/1", "200"},  // absolute-form, RFC 9112 §3.2.2
      {"http://h/songs/listen/1?a=/b", "200"},
      {"/songs/listen/2", "404"},
      {"/songs/listen/", "404"},
      {"/songs/listen", "404"},  // a song that is called so
      {"/songs", "404"},         // this store has no list
      {"/songs/", "404"},
      {"/songs/1", "404"},
      {"/songs/a%2Fb", "400"},
      {"/songs/1/thumbnail", "404"},
      {"/songs/1/thumbnail/", "404"},
      {"/songs//thumbnail", "404"},
      {"/songs.m3u", "404"},
      {"/playlists", "404"},
      {"/playlists/1", "404"},
      {"/playlists/.m3u", "404"},
      {"/songs/listen/1/", "404"},
      {"/songs/listen/1/2", "404"},
      {"//songs/listen/1", "404"},
      {"/", "200"},
      {"/Songs/listen/1", "404"},
      {"http://h", "200"},
      {"/songs/listen/1%2F2", "400"},
      {"/songs/listen/..", "400"},
      {"/songs/listen/%2e%2E", "400"},
      {"/songs/listen/a%20b", "400"},
      {"/songs/listen/%zz", "400"},
      {"/songs/listen/\xC3\xA4", "400"},
      {"/?q=\xC3\xA4", "200"},
      {"*", "400"},
      {"/songs/listen/%00", "400"},
      {"/songs/listen/" + std::string(128, 'a'), "404"},
      {"/songs/listen/" + std::string(129, 'a'), "400"},
  };
  start();
  for (const auto& [target, status] : rows) {
    EXPECT_THAT(ask_for("GET", target), StartsWith("HTTP/1.1 " + status + " ")) << target;
  }
}

TEST_F(Router, ErrorsAreProblems) {
  start();
  const std::string answer = ask_for("GET", "/nothing");
  EXPECT_EQ(field_of(answer, "Content-Type"), "application/problem+json");
  EXPECT_EQ(field_of(answer, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(field_of(answer, "Content-Length"), std::to_string(body_of(answer).size()));
  EXPECT_THAT(body_of(answer), HasSubstr("\"status\":404"));
  EXPECT_TRUE(logged("\"outcome\":\"refused\""));
}

TEST_F(Router, OtherMethodsAre405WithAllow) {
  start();
  for (const std::string method : {"POST", "DELETE", "BREW"}) {
    const std::string answer = ask_for(method, "/songs/listen/1");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 ")) << method;
    EXPECT_EQ(field_of(answer, "Allow"), "GET, HEAD, OPTIONS") << method;
  }
  EXPECT_THAT(ask_for("POST", "/nothing"), StartsWith("HTTP/1.1 404 "));
  EXPECT_EQ(source.script.opened, 0);
}

TEST_F(Router, OptionsIsThePreflights) {
  start();
  for (const std::string target : {"/songs/listen/1", "/songs/listen/unknown", "/nothing", "*"}) {
    const std::string answer = ask_for("OPTIONS", target);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 204 ")) << target;
    EXPECT_EQ(field_of(answer, "Access-Control-Allow-Origin"), "*") << target;
    EXPECT_THAT(field_of(answer, "Access-Control-Allow-Headers"), HasSubstr("Range")) << target;
    EXPECT_EQ(field_of(answer, "Content-Length"), "") << target;
    EXPECT_EQ(body_of(answer), "") << target;
  }
}

}  // namespace
}  // namespace tonearm::server
