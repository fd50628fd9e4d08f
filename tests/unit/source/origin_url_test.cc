#include "source/origin_url.h"

#include "tonearm/base/ascii.h"

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace tonearm::source {
namespace {

struct Named {
  const char* name;
  const char* url;
};
class PlainName : public testing::TestWithParam<Named> {};
TEST_P(PlainName, EncodesWhatAPathCannotHold) {
  const auto url = url_of_plain_name("http://origin:8000/media/", GetParam().name);
  ASSERT_TRUE(url);
  EXPECT_EQ(url->text, std::string("http://origin:8000/media/") + GetParam().url);
}
// RFC 3986 §3.3: pchar = unreserved / pct-encoded / sub-delims / ":" / "@".
INSTANTIATE_TEST_SUITE_P(
    All, PlainName,
    testing::Values(Named{"a.mp3", "a.mp3"}, Named{"songs/a b.mp3", "songs/a%20b.mp3"},
                    Named{"100%.mp3", "100%25.mp3"}, Named{"a%20b", "a%2520b"},
                    Named{"what?.mp3", "what%3F.mp3"}, Named{"#1.mp3", "%231.mp3"},
                    Named{"\xC3\xA4.mp3", "%C3%A4.mp3"}, Named{"AC: DC.mp3", "AC:%20DC.mp3"},
                    Named{"a+b&c=d.mp3", "a+b&c=d.mp3"}, Named{"[x]\\\".mp3", "%5Bx%5D%5C%22.mp3"},
                    Named{"\xFF\x01", "%FF%01"}, Named{"..a/b..", "..a/b.."}, Named{"...", "..."}));

class EscapingName : public testing::TestWithParam<const char*> {};
TEST_P(EscapingName, IsRefused) {
  const auto url = url_of_plain_name("http://origin/media/", GetParam());
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().kind, ErrorKind::bad_locator);
}
INSTANTIATE_TEST_SUITE_P(All, EscapingName,
                         testing::Values("", "/", "/etc/passwd", "a//b", "a/", ".", "..", "../x",
                                         "a/../b", "a/./b", "a/.."));

struct Based {
  const char* base;
  const char* name;
  const char* url;
};
class BaseUrl : public testing::TestWithParam<Based> {};
TEST_P(BaseUrl, StandsBeforeTheName) {
  const auto url = url_of_plain_name(GetParam().base, GetParam().name);
  ASSERT_TRUE(url) << url.error().detail;
  EXPECT_EQ(url->text, GetParam().url);
}
INSTANTIATE_TEST_SUITE_P(
    All, BaseUrl,
    testing::Values(Based{"http://h/", "a.mp3", "http://h/a.mp3"},
                    Based{"http://h", "a.mp3", "http://h/a.mp3"},  // RFC 3986 §6.2.3
                    Based{"https://h:8443", "s/a.mp3", "https://h:8443/s/a.mp3"},
                    Based{"http://user:pw@[::1]:80", "a", "http://user:pw@[::1]:80/a"},
                    Based{"http://h/media/song-", "1.mp3", "http://h/media/song-1.mp3"},
                    Based{"http://h/media", "s/a.mp3", "http://h/medias/a.mp3"}));

TEST(BaseUrl, IsWhereEveryNameStays) {
  for (const char* base : {"http://h", "http://user:pw@h:81", "http://h/", "http://h/m"}) {
    for (const char* name :
         {"@127.0.0.1:9/a.mp3", ":pw@evil/a", ".evil/a", ":9/a", "9/a", "%40evil/a", "?@evil/a"}) {
      const auto url = url_of_plain_name(base, name);
      ASSERT_TRUE(url) << base << ' ' << name << ": " << url.error().detail;
      EXPECT_TRUE(url->same_origin(parse_origin_url(base).value())) << url->text;
    }
  }
}

TEST(ParseOriginUrl, KeepsWhatIsEncodedAndDropsTheFragment) {
  const auto url = parse_origin_url("HTTPS://User:pw@Example.ORG/a%20b?c=%2F#frag");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "example.org");
  EXPECT_EQ(url->port, "443");
  EXPECT_TRUE(url->text.ends_with("/a%20b?c=%2F"));
}

TEST(ParseOriginUrl, RefusesWhatIsNoHttpUrl) {
  for (const char* text : {"ftp://a/b", "file:///etc/passwd", "http://", "http:///x", "a/b", "",
                           "http://a b/", "javascript:1", "http://a/\r\nX: y"}) {
    EXPECT_FALSE(parse_origin_url(text)) << text;
  }
}

struct LooseUrl {
  const char* text;
  const char* url;  ///< Null: refused.
};
class LooseOriginUrl : public testing::TestWithParam<LooseUrl> {};
TEST_P(LooseOriginUrl, HasEncodedWhatAUrlCannotHoldAndNothingElse) {  // RFC 3986 §2.1
  const auto url = parse_loose_origin_url(GetParam().text);
  EXPECT_EQ(url ? url->text : "refused", GetParam().url);
}
INSTANTIATE_TEST_SUITE_P(
    All, LooseOriginUrl,
    testing::Values(LooseUrl{"http://h/a b.mp3", "http://h/a%20b.mp3"},
                    LooseUrl{"http://h/\xC3\xBC.mp3", "http://h/%C3%BC.mp3"},
                    LooseUrl{"http://h/pl|us.mp3", "http://h/pl%7Cus.mp3"},
                    LooseUrl{"http://h/b[x].mp3", "http://h/b%5Bx%5D.mp3"},
                    LooseUrl{"http://h?b[x]", "http://h?b%5Bx%5D"},
                    LooseUrl{"http://h/x?a=b c", "http://h/x?a=b%20c"},
                    LooseUrl{"http://h/x?x=%zz", "http://h/x?x=%25zz"},
                    LooseUrl{"http://h/100%", "http://h/100%25"},
                    LooseUrl{"http://h/%2", "http://h/%252"},
                    LooseUrl{"http://h/\"<>\\^`{}\x01\t\x7F",
                             "http://h/%22%3C%3E%5C%5E%60%7B%7D%01%09%7F"},
                    LooseUrl{"http://h/%20%2F%e4?%41", "http://h/%20%2F%e4?%41"},
                    LooseUrl{"http://h/a+b&c=d;e,f!~*'():@$", "http://h/a+b&c=d;e,f!~*'():@$"},
                    LooseUrl{"http://[::1]:80/[a]", "http://[::1]:80/%5Ba%5D"},
                    LooseUrl{"http://h/a#b c", "http://h/a"}));

TEST(ParseOriginUrl, RefusesPortsThatThereAreNot) {
  EXPECT_EQ(parse_origin_url("http://a:65535/").value().port, "65535");
  for (const char* text :
       {"http://a:0/", "http://a:65536/", "https://a:99999/x", "http://a:18446744073709551617/"}) {
    const auto url = parse_origin_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().kind, ErrorKind::bad_locator) << text;
  }
}

// One port, one origin, however it is written.
TEST(ParseOriginUrl, APortHasNoLeadingZeros) {
  const auto url = parse_origin_url("http://h:0081/x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->authority(), "h:81");
  EXPECT_TRUE(url->same_origin(parse_origin_url("http://h:81/").value()));
}

/// Where libcurl connects to.
std::string host_and_port_of_libcurl(const std::string& url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), &curl_url_cleanup);
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK) {
    return "refused";
  }
  char* host = nullptr;
  char* port = nullptr;
  curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0);
  curl_url_get(parsed.get(), CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
  const std::string out = to_lower(host) + ':' + port;
  curl_free(host);
  curl_free(port);
  return out;
}

// Who is trusted with what is decided by the host of ours.
class Connected : public testing::TestWithParam<const char*> {};
TEST_P(Connected, ToTheHostThatWeBelieveItIs) {
  const auto url = parse_origin_url(GetParam());
  ASSERT_TRUE(url);
  EXPECT_EQ(url->authority(), host_and_port_of_libcurl(url->text));
}
INSTANTIATE_TEST_SUITE_P(
    All, Connected,
    testing::Values("http://127.0.0.1.evil.test/x", "http://127.0.0.1.evil.test:81/x",
                    "https://127.0.0.1.evil.test/", "http://127.0.0.1evil.test:81/x",
                    "http://10.0.0.5-nas.lan", "http://u:p@10.0.0.5.e:81/x", "http://1.2.3.4.5/",
                    "http://A.Example/x", "http://u@a.example:8080/x", "http://[::1]:81/x",
                    "http://127.0.0.1@a.example/", "http://a.example:80@b.example/",
                    "http://a.example/@b.example/", "http://a.example?@b.example/",
                    "http://a.example#@b.example/", "https://a.example"));

TEST(SameOrigin, ComparesSchemeHostAndPort) {  // RFC 6454 §5
  const auto a = parse_origin_url("http://a.example/x").value();
  EXPECT_TRUE(a.same_origin(parse_origin_url("http://A.example:80/y").value()));
  EXPECT_FALSE(a.same_origin(parse_origin_url("https://a.example/x").value()));
  EXPECT_FALSE(a.same_origin(parse_origin_url("http://a.example:81/x").value()));
  EXPECT_FALSE(a.same_origin(parse_origin_url("http://b.example/x").value()));
  const auto address = parse_origin_url("http://127.0.0.1/x").value();
  EXPECT_FALSE(address.same_origin(parse_origin_url("http://127.0.0.1.evil.test/x").value()));
}

TEST(ResolveRedirect, IsRelativeToWhereItCameFrom) {  // RFC 9110 §10.2.2
  const auto from = parse_origin_url("http://a/b/c?d").value();
  EXPECT_EQ(resolve_redirect(from, "e")->text, "http://a/b/e");
  EXPECT_EQ(resolve_redirect(from, "/f?g")->text, "http://a/f?g");
  EXPECT_EQ(resolve_redirect(from, "//h/i")->text, "http://h/i");
  EXPECT_EQ(resolve_redirect(from, "https://j/k#l")->text, "https://j/k");
}

TEST(ResolveRedirect, TakesWhatBrowsersTake) {
  const auto from = parse_loose_origin_url("http://a/b/c").value();
  EXPECT_EQ(resolve_redirect(from, "/d e.mp3")->text, "http://a/d%20e.mp3");
  EXPECT_EQ(resolve_redirect(from, "\xC3\xBC|[1].mp3")->text, "http://a/b/%C3%BC%7C%5B1%5D.mp3");
  EXPECT_EQ(resolve_redirect(from, "?x=[y]%zz")->text, "http://a/b/c?x=%5By%5D%25zz");
  EXPECT_EQ(resolve_redirect(from, "//[::1]/[d]")->text, "http://[::1]/%5Bd%5D");
  EXPECT_EQ(resolve_redirect(from, "http://[::1]:8/[d]")->text, "http://[::1]:8/%5Bd%5D");
}

TEST(ResolveRedirect, KeepsTheUserinfoWithinAnOrigin) {
  const auto from = parse_loose_origin_url("http://user:pass@a/b").value();
  EXPECT_EQ(resolve_redirect(from, "/c")->text, "http://user:pass@a/c");
  EXPECT_EQ(resolve_redirect(from, "http://a:80/c")->text, "http://user:pass@a:80/c");
  EXPECT_EQ(resolve_redirect(from, "http://other@a/c")->text, "http://other@a/c");
  EXPECT_EQ(resolve_redirect(from, "http://b/c")->text, "http://b/c");
  EXPECT_EQ(resolve_redirect(from, "http://a:81/c")->text, "http://a:81/c");
  EXPECT_EQ(resolve_redirect(from, "https://a/c")->text, "https://a/c");
  const auto address = parse_origin_url("http://user:pass@127.0.0.1.a.test:81/b").value();
  EXPECT_EQ(resolve_redirect(address, "/c")->text, "http://user:pass@127.0.0.1.a.test:81/c");
  EXPECT_EQ(resolve_redirect(address, "http://127.0.0.1.b.test:82/c")->text,
            "http://127.0.0.1.b.test:82/c");
}

TEST(ResolveRedirect, NeverLeavesHttpNorDowngrades) {
  const auto secure = parse_origin_url("https://a/b").value();
  EXPECT_FALSE(resolve_redirect(secure, "http://a/b"));
  EXPECT_FALSE(resolve_redirect(secure, "file:///etc/passwd"));
  EXPECT_FALSE(resolve_redirect(secure, "gopher://a/"));
  EXPECT_FALSE(resolve_redirect(secure, "http://a b/"));
  EXPECT_TRUE(resolve_redirect(secure, "https://other/"));
}

}  // namespace
}  // namespace tonearm::source
