#include "tonearm/http/request_head.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tonearm::http {
namespace {

using namespace std::string_literals;

const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n";

/// A complete GET with these lines, each ended by its CRLF, behind its Host.
std::string with(const std::string& lines) { return get + lines + "\r\n"; }

/// A complete GET of this version, with these lines alone.
std::string of_version(const std::string& version, const std::string& lines) {
  return "GET / " + version + "\r\n" + lines + "\r\n";
}

std::string outcome(const std::string& text) {
  const auto head = parse_request_head(text);
  return head ? "read" : std::string(to_string(head.error().kind));
}

const std::string bad_request = "http_request_error";

TEST(FindHeadEnd, IsBehindTheEmptyLine) {
  EXPECT_EQ(find_head_end("GET / HTTP/1.1\r\nA: b\r\n\r\nbody"), 24U);
}

TEST(FindHeadEnd, IsNotThereBeforeTheLastByteOfTheEmptyLine) {
  const std::string whole = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(find_head_end(whole.substr(0, size))) << size;
  }
  EXPECT_EQ(find_head_end(whole), whole.size());
}

TEST(FindHeadStart, IsBehindEmptyLines) {  // RFC 9112 §2.2
  EXPECT_EQ(find_head_start("GET / HTTP/1.0\r\n\r\n"), 0U);
  EXPECT_EQ(find_head_start("\r\n\r\nGET / HTTP/1.0\r\n\r\nGET"), 4U);
  EXPECT_EQ(find_head_start("\r\n\r\n\r\n"), 6U);
  EXPECT_EQ(find_head_start("\r\n\r"), 2U);
  EXPECT_EQ(find_head_start(""), 0U);
}

TEST(ParseRequestHead, ReadsTheRequestLineAndTheFields) {
  const std::string text =
      "GET /songs/listen/1?pos=2 HTTP/1.1\r\nHost: h:80\r\nRANGE:bytes=0-1\r\n"
      "X-Odd: \t two  words \t \r\nX-Empty:\r\n\r\n";
  const auto head = parse_request_head(text);
  ASSERT_TRUE(head) << head.error().detail;
  EXPECT_EQ(head->method, verb::get);
  EXPECT_EQ(head->method_text, "GET");
  EXPECT_EQ(head->target, "/songs/listen/1?pos=2");
  EXPECT_EQ(head->version, 11U);
  ASSERT_EQ(head->fields.size(), 4U);
  EXPECT_EQ(head->fields[1].id, field::range);
  EXPECT_EQ(head->fields[1].name, "RANGE");
  EXPECT_EQ(head->fields[1].value, "bytes=0-1");
  EXPECT_EQ(head->fields[2].id, field::unknown);
  EXPECT_EQ(head->fields[2].value, "two  words");
  EXPECT_EQ(head->fields[3].value, "");
}

TEST(ParseRequestHead, PointsIntoTheTextItWasGiven) {
  const std::string text = with("Range: bytes=0-1\r\n");
  const auto head = parse_request_head(text);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->target.data(), text.data() + text.find('/'));
  EXPECT_EQ(head->get(field::range).data(), text.data() + text.find("bytes"));
}

TEST(ParseRequestHead, ReadsMoreFieldsThanAreUsual) {
  std::string lines;
  for (int i = 0; i < 200; ++i) lines += "X-" + std::to_string(i) + ": v\r\n";
  const auto head = parse_request_head(get + lines + "\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->fields.size(), 201U);
  EXPECT_EQ(head->get("x-199"), "v");
}

TEST(ParseRequestHead, LetsAValueHoldTabsAndObsText) {  // RFC 9110 §5.5
  const std::string text = with("X: a\tb\xC3\xA4\r\n");
  const auto head = parse_request_head(text);
  ASSERT_TRUE(head) << head.error().detail;
  EXPECT_EQ(head->get("x"), "a\tb\xC3\xA4");
}

TEST(ParseRequestHead, KeepsAMethodThatItDoesNotKnow) {  // RFC 9110 §9.1: 405 or 501, not 400
  const std::string text = "BREW-2! / HTTP/1.1\r\nHost: h\r\n\r\n";
  const auto head = parse_request_head(text);
  ASSERT_TRUE(head) << head.error().detail;
  EXPECT_EQ(head->method, verb::unknown);
  EXPECT_EQ(head->method_text, "BREW-2!");
}

TEST(ParseRequestHead, ComparesMethodsWithRegardToCase) {  // RFC 9110 §9.1
  const std::string text = "get / HTTP/1.1\r\nHost: h\r\n\r\n";
  const auto head = parse_request_head(text);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->method, verb::unknown);
}

struct Row {
  std::string text;
  std::string expected;
};

void expect_outcomes(const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(outcome(row.text), row.expected) << row.text.substr(0, 200);
}

TEST(ParseRequestHead, RefusesABrokenRequestLine) {
  expect_outcomes({
      // RFC 9112 §3: METHOD SP target SP version
      {"\r\n\r\n", bad_request},
      {"GET\r\n\r\n", bad_request},
      {"GET HTTP/1.1\r\nHost: h\r\n\r\n", bad_request},
      {"GET  HTTP/1.1\r\nHost: h\r\n\r\n", bad_request},
      {" GET / HTTP/1.1\r\nHost: h\r\n\r\n", bad_request},
      {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", bad_request},
      {"GET / HTTP/1.1 \r\nHost: h\r\n\r\n", bad_request},
      {"GET /\tHTTP/1.1\r\nHost: h\r\n\r\n", bad_request},
      {"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", bad_request},
      {"GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n", bad_request},
      {"GET /\x7F HTTP/1.1\r\nHost: h\r\n\r\n", bad_request},
      {"GET /?q=\xC3\xA4 HTTP/1.1\r\nHost: h\r\n\r\n", "read"},
      {"GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"s, bad_request},
      // RFC 9110 §9.1: a method is a token
      {"G(T / HTTP/1.1\r\nHost: h\r\n\r\n", bad_request},
      {"G\0T / HTTP/1.1\r\nHost: h\r\n\r\n"s, bad_request},
  });
}

TEST(ParseRequestHead, SpeaksHttp1Alone) {  // RFC 9112 §2.3
  expect_outcomes({
      {of_version("HTTP/1.0", ""), "read"},
      {of_version("HTTP/1.1", "Host: h\r\n"), "read"},
      {of_version("HTTP/1.2", "Host: h\r\n"), "read"},
      {of_version("HTTP/2.0", "Host: h\r\n"), "version_not_supported"},
      {of_version("HTTP/0.9", "Host: h\r\n"), "version_not_supported"},
      {"PRI * HTTP/2.0\r\n\r\n", "version_not_supported"},
      {"GET /\r\n\r\n", "version_not_supported"},
      {of_version("http/1.1", "Host: h\r\n"), bad_request},
      {of_version("HTTP/1", "Host: h\r\n"), bad_request},
      {of_version("HTTP/1.10", "Host: h\r\n"), bad_request},
      {of_version("HTTP/1,1", "Host: h\r\n"), bad_request},
      {of_version("HTTP/x.1", "Host: h\r\n"), bad_request},
      {of_version("HTTP/1.x", "Host: h\r\n"), bad_request},
      {of_version("ICY/1.1", "Host: h\r\n"), bad_request},
  });
}

TEST(ParseRequestHead, HostIsANameAndAPort) {  // RFC 9112 §3.2
  for (const std::string good :
       {"h", "", "h:80", "h:", "a-b.c_d~:1", "a,b", "a%41", "[::1]", "[::1]:8005", "127.0.0.1:1"}) {
    EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: " + good + "\r\n\r\n"), "read") << good;
  }
  for (const std::string wrong : {"a:b", "[::1", "::1", "[::1]x", "a%4", "a%zz", "a@b", "u:p@h",
                                  "a/b", "a?b", "a b", "h:80:81", "[h]"}) {
    EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: " + wrong + "\r\n\r\n"), bad_request) << wrong;
  }
}

TEST(ParseRequestHead, CountsALaterMinorVersionAs11) {
  for (const auto& [version, expected] :
       {std::pair{"HTTP/1.0", 10U}, {"HTTP/1.1", 11U}, {"HTTP/1.9", 11U}}) {
    const std::string text = of_version(version, "Host: h\r\n");
    const auto head = parse_request_head(text);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->version, expected);
  }
}

TEST(ParseRequestHead, RefusesABrokenFieldLine) {
  expect_outcomes({
      // RFC 9112 §5.1: no blank before the colon
      {with("X : a\r\n"), bad_request},
      {with("X\t: a\r\n"), bad_request},
      // RFC 9112 §5.2: obs-fold
      {with("X: a\r\n b\r\n"), bad_request},
      {with("X: a\r\n\tb\r\n"), bad_request},
      {"GET / HTTP/1.1\r\n Host: h\r\n\r\n", bad_request},
      // RFC 9110 §5.1: a name is a token
      {with(": a\r\n"), bad_request},
      {with("X Y: a\r\n"), bad_request},
      {with("X(: a\r\n"), bad_request},
      {with("\xC3\xA4: a\r\n"), bad_request},
      {with("X\0: a\r\n"s), bad_request},
      {with("no colon\r\n"), bad_request},
      // RFC 9110 §5.5: no control character but HTAB
      {with("X: a\0b\r\n"s), bad_request},
      {with("X: a\x01z\r\n"), bad_request},
      {with("X: \x1B[2J\r\n"), bad_request},
      {with("X: a\x7Fz\r\n"), bad_request},
  });
}

TEST(ParseRequestHead, RefusesABareCrOrLf) {  // RFC 9112 §2.2
  expect_outcomes({
      {"GET / HTTP/1.1\nHost: h\r\n\r\n", bad_request},
      {"GET /\nHost: h\r\n\r\n", bad_request},
      {"GET /\nHost:h\r\n\r\n", bad_request},
      {"GET / HTTP/1.1\rHost: h\r\n\r\n", bad_request},
      {with("X: a\nY: b\r\n"), bad_request},
      {with("X: a\rY: b\r\n"), bad_request},
      {with("X: a\r\r\n"), bad_request},
      {with("\n"), bad_request},
      {"GET / HTTP/1.1\nHost: h\n\n", bad_request},
  });
}

TEST(ParseRequestHead, RefusesAHeadWithoutItsEmptyLine) {
  expect_outcomes({{"", bad_request}, {"GET / HTTP/1.1", bad_request}, {get, bad_request}});
}

TEST(ParseRequestHead, WantsExactlyOneHost) {  // RFC 9112 §3.2
  expect_outcomes({
      {of_version("HTTP/1.1", ""), bad_request},
      {of_version("HTTP/1.1", "Host: h\r\nHost: h\r\n"), bad_request},
      {of_version("HTTP/1.0", "Host: h\r\nhost: h\r\n"), bad_request},
      {of_version("HTTP/1.1", "A: b\r\nHost: h\r\n"), "read"},
      {of_version("HTTP/1.1", "Host: h\r\nA: b\r\nHost: h\r\n"), bad_request},
      {of_version("HTTP/1.0", ""), "read"},
      {of_version("HTTP/1.1", "Host:\r\n"), "read"},
      {of_version("HTTP/1.1", "Host: my_host.example.:8005\r\n"), "read"},
      {of_version("HTTP/1.1", "Host: [fe80::1%25eth0]:80\r\n"),
       bad_request},  // RFC 3986 has no zones
      {of_version("HTTP/1.1", "Host: a b\r\n"), bad_request},
      {of_version("HTTP/1.1", "Host: h/path\r\n"), bad_request},
      {of_version("HTTP/1.1", "Host: user@h\r\n"), bad_request},
      {of_version("HTTP/1.1", "Host: \"><script>\r\n"), bad_request},
      {of_version("HTTP/1.0", "Host: h/path\r\n"), bad_request},
  });
}

TEST(ParseRequestHead, RefusesFramingThatTwoReadersCouldUnderstandDifferently) {
  expect_outcomes({
      // RFC 9110 §8.6, RFC 9112 §6.3
      {with("Content-Length: 5\r\nContent-Length: 6\r\n"), bad_request},
      {with("Content-Length: 5\r\ncontent-length: 5\r\n"), bad_request},
      {with("Content-Length: 5, 5\r\n"), bad_request},
      {with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), bad_request},
      {with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), bad_request},
      {with("Content-Length:\r\n"), bad_request},
      {with("Content-Length: +5\r\n"), bad_request},
      {with("Content-Length: -0\r\n"), bad_request},
      {with("Content-Length: 0x5\r\n"), bad_request},
      {with("Content-Length: 5 5\r\n"), bad_request},
      {with("Content-Length: 5.0\r\n"), bad_request},
      {with("Content-Length: 9223372036854775808\r\n"), bad_request},
      {with("Content-Length: 99999999999999999999999\r\n"), bad_request},
      // RFC 9112 §6.1, §7
      {with("Transfer-Encoding: gzip\r\n"), bad_request},
      {with("Transfer-Encoding: gzip, chunked\r\n"), bad_request},
      {with("Transfer-Encoding: chunked, chunked\r\n"), bad_request},
      {with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), bad_request},
      {with("Transfer-Encoding: identity\r\n"), bad_request},
      {with("Transfer-Encoding: xchunked\r\n"), bad_request},
      {with("Transfer-Encoding: \x0B"
            "chunked\r\n"),
       bad_request},
      {with("Transfer-Encoding:\r\n"), bad_request},
      {of_version("HTTP/1.0", "Transfer-Encoding: chunked\r\n"), bad_request},
  });
}

TEST(ParseRequestHead, ReadsTheFramingOfABody) {  // RFC 9112 §6.3
  struct Framing {
    std::string lines;
    std::uint64_t length;
    bool chunked;
  };
  for (const Framing& row : std::vector<Framing>{
           {"", 0, false},
           {"Content-Length: 0\r\n", 0, false},
           {"Content-Length: 0005\r\n", 5, false},
           {"Content-Length: 9223372036854775807\r\n", 9223372036854775807U, false},
           {"Transfer-Encoding: Chunked\r\n", 0, true},
       }) {
    const std::string text = with(row.lines);
    const auto head = parse_request_head(text);
    ASSERT_TRUE(head) << row.lines << head.error().detail;
    EXPECT_EQ(head->content_length, row.length) << row.lines;
    EXPECT_EQ(head->chunked, row.chunked) << row.lines;
  }
}

TEST(ParseRequestHead, KeepsTheConnectionByVersionAndConnectionOptions) {  // RFC 9112 §9.3
  struct Persistence {
    std::string version;
    std::string lines;
    bool keep_alive;
  };
  for (const Persistence& row : std::vector<Persistence>{
           {"HTTP/1.1", "", true},
           {"HTTP/1.0", "", false},
           {"HTTP/1.2", "", true},
           {"HTTP/1.1", "Connection: close\r\n", false},
           {"HTTP/1.1", "Connection: CLOSE\r\n", false},
           {"HTTP/1.0", "Connection: keep-alive\r\n", true},
           {"HTTP/1.0", "Connection: Keep-Alive, Upgrade\r\n", true},
           {"HTTP/1.0", "Connection: Upgrade\r\nConnection: keep-alive\r\n", true},
           {"HTTP/1.0", "Connection: , ,keep-alive ,\r\n", true},
           {"HTTP/1.0", "Connection: keep-alive, close\r\n", false},
           {"HTTP/1.1", "Connection: keep-alive\r\nConnection: TE,close\r\n", false},
           {"HTTP/1.1", "Connection: closed\r\n", true},
           {"HTTP/1.1", "Connection: not close\r\n", true},
           {"HTTP/1.1", "Connection:\r\n", true},
           {"HTTP/1.0", "Keep-Alive: timeout=5\r\n", false},
       }) {
    const std::string text = of_version(row.version, "Host: h\r\n" + row.lines);
    const auto head = parse_request_head(text);
    ASSERT_TRUE(head) << row.lines << head.error().detail;
    EXPECT_EQ(head->keep_alive, row.keep_alive) << row.version << ' ' << row.lines;
  }
}

/// A whole head of this size whose target has this size.
std::string head_of(std::size_t size, std::size_t target) {
  std::string text = "GET /" + std::string(target - 1, 'a') + " HTTP/1.1\r\nHost: h\r\nX: ";
  return text + std::string(size - text.size() - 4, 'x') + "\r\n\r\n";
}

TEST(ParseRequestHead, RefusesATargetOfMoreThan8KiBAndAHeadOfMoreThan16KiB) {
  // RFC 9112 §3: 414; RFC 6585 §5: 431
  expect_outcomes({
      {head_of(max_head_bytes, max_target_bytes), "read"},
      {head_of(max_head_bytes, max_target_bytes + 1), "target_too_long"},
      {head_of(max_head_bytes + 1, max_target_bytes), "header_section_too_large"},
      {head_of(max_head_bytes + 1, max_target_bytes + 1), "target_too_long"},
      {"GET /" + std::string(max_target_bytes, 'a') + "\r\n\r\n", "target_too_long"},
  });
}

TEST(ParseRequestHead, NeverEchoesWhatItRefuses) {
  for (const std::string& text :
       {with("X-secret : a\r\n"), with("X: secret\x01\r\n"), with("Content-Length: secret\r\n"),
        with("Transfer-Encoding: secret\r\n"), with("Host: secret\r\n"),
        of_version("secret", "Host: h\r\n"), "GET /secret \r\n\r\n"s,
        "(secret / HTTP/1.1\r\n\r\n"s}) {
    const auto head = parse_request_head(text);
    ASSERT_FALSE(head) << text;
    EXPECT_FALSE(head.error().detail.empty()) << text;
    EXPECT_EQ(head.error().detail.find("secret"), std::string::npos) << head.error().detail;
  }
}

TEST(RequestHead, GetsTheFirstFieldOfAName) {
  const std::string text = with("Range: one\r\nX-Own: mine\r\nrange: two\r\n");
  const auto head = parse_request_head(text);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->get(field::range), "one");
  EXPECT_EQ(head->get("RANGE"), "one");
  EXPECT_EQ(head->get("x-own"), "mine");
  EXPECT_EQ(head->get("x-ow"), "");
  EXPECT_EQ(head->get(field::if_range), "");
  EXPECT_TRUE(head->has(field::range));
  EXPECT_FALSE(head->has(field::if_range));
}

TEST(RequestHead, TellsAnEmptyFieldFromNone) {
  for (const char* empty : {"If-Match:\r\n", "If-Match: \r\n", "If-Match:\t \r\n"}) {
    const std::string text = with(empty);
    const auto head = parse_request_head(text);
    ASSERT_TRUE(head);
    EXPECT_TRUE(head->has(field::if_match));
    EXPECT_EQ(head->get(field::if_match), "");
  }
}

TEST(RequestHead, CombinesTheLinesOfAListAndCopiesOnlyThen) {  // RFC 9110 §5.3
  const std::string text =
      with("If-Match: \"a\"\r\nIf-None-Match: \"x\"\r\nIf-Match:\r\nIf-Match: \"b\"\r\n");
  const auto head = parse_request_head(text);
  ASSERT_TRUE(head);
  std::string storage;
  EXPECT_EQ(head->get_combined(field::if_none_match, storage), "\"x\"");
  EXPECT_EQ(head->get_combined(field::range, storage), "");
  EXPECT_EQ(storage, "");
  EXPECT_EQ(head->get_combined(field::if_match, storage), "\"a\", , \"b\"");
}

}  // namespace
}  // namespace tonearm::http
