#include "app/checks.h"

#include <gtest/gtest.h>

namespace tonearm::app {
namespace {

using Check = Complaint (*)(const std::string&);

/// `quoted` "X" and then what is said of it.
std::string of(const std::string& text, const std::string& rest) { return '"' + text + '"' + rest; }

void expect_passes(Check check, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) EXPECT_EQ(check(text), std::nullopt) << text;
}

void expect_refuses(Check check, const std::vector<std::string>& texts, const std::string& rest) {
  for (const std::string& text : texts) EXPECT_EQ(check(text), of(text, rest)) << text;
}

TEST(CheckListen, TakesHostPortAndUnixPath) {
  expect_passes(check_listen, {"127.0.0.1:8005", "localhost:80", "[::1]:0", "unix:/run/t.sock"});
  expect_refuses(check_listen, {"", "8005", "127.0.0.1", "127.0.0.1:65536", "::1:80", "unix:"},
                 " is no address to listen on; give \"127.0.0.1:8005\", \"[::1]:8005\" or "
                 "\"unix:/run/tonearm.sock\"");
}

TEST(CheckListen, APathThatIsTooLongSaysHowLongItMayBe) {
  const std::string path = "unix:/" + std::string(106, 'x');
  expect_passes(check_listen, {path});
  expect_refuses(check_listen, {path + "x"},
                 " is too long; a unix socket's path takes 107 bytes at most");
}

TEST(CheckCidr, TakesBlocksAndAddresses) {
  expect_passes(check_cidr, {"10.0.0.0/8", "127.0.0.1", "fc00::/7", "::1", "0.0.0.0/0"});
  expect_refuses(check_cidr, {"", "10.0.0.0/33", "10.0.0/8", "example.com", "::/129", "::1/"},
                 " is no address block; give \"10.0.0.0/8\", \"fc00::/7\" or an address");
}

TEST(CheckCidr, TakesEveryAddressOnlyWhereThatIsSaid) {
  expect_passes(check_cidr, {"0.0.0.0/0", "::/0", "10.0.0.0/1"});
  expect_refuses(check_cidr, {"10.0.0.0/0", "fc00::/0", "10.0.0.0/00"},
                 " is every address; give its prefix's length, or \"0.0.0.0/0\" or \"::/0\"");
}

TEST(CheckOrigin, TakesSchemeAndHostAlone) {
  expect_passes(check_origin, {"*", "null", "https://player.example", "http://localhost:3000",
                               "http://192.168.1.10.nip.io:8080", "https://player.example:443"});
  expect_refuses(check_origin,
                 {"", "player.example", "https://player.example/page", "https://player.example?a",
                  "https://player.example:", "https://player.example:65536"},
                 " is no origin; give \"https://player.example\" or \"*\"");
}

TEST(CheckOrigin, AnAsteriskStandsForAllOrForNone) {
  expect_refuses(check_origin,
                 {"https://*.example", "https://*", "http://player.*:80", "*.example"},
                 " stands for no other origin; name each of them, or give \"*\" for all");
}

TEST(CheckRegion, TakesWhatStandsInASignature) {
  expect_passes(check_region, {"us-east-1", "auto", "garage", "my_region.2"});
  expect_refuses(check_region, {"", " ", "us east 1", "us-east-1 ", "a/b", "a\tb"},
                 " is no region; give one such as \"us-east-1\"");
}

TEST(CheckLogLevel, TakesTheFive) {
  expect_passes(check_log_level, {"trace", "debug", "info", "warn", "error"});
  expect_refuses(check_log_level, {"", "INFO", "warning", "off"},
                 " is no level; give trace, debug, info, warn or error");
}

TEST(CheckBaseUrl, TakesHttpUrlsWithoutQueryAndFragment) {
  expect_passes(check_base_url, {"http://localhost:8000/media/", "HTTPS://cdn.example"});
  const std::string wanted = "; give one such as \"http://localhost:8000/media/\"";
  expect_refuses(check_base_url, {"", "media/", "ftp://host/", "http:///x"},
                 " is no http or https URL" + wanted);
  expect_refuses(check_base_url, {"http://host/?a=b", "http://host/#f"},
                 " must not have a query or a fragment" + wanted);
}

TEST(CheckBaseUrl, TakesPortsThatThereAre) {
  expect_passes(check_base_url, {"http://host:1/", "http://host:65535", "http://host:0080/",
                                 "http://host:/", "https://[::1]:8443/"});
  expect_refuses(check_base_url,
                 {"http://host:0/", "http://host:65536/", "http://host:99999/",
                  "http://host:18446744073709551617/"},
                 " has a port that is not from 1 to 65535; give one such as "
                 "\"http://localhost:8000/media/\"");
}

TEST(CheckBaseUrl, DoesNotShowAPassword) {
  for (const char* const url : {"http://user:secret@host/", "http://user:secret@[host/",
                                "http://user:secret @host/", "user:secret@host"}) {
    const auto complaint = check_base_url(url);
    ASSERT_TRUE(complaint) << url;
    EXPECT_EQ(complaint->find("secret"), std::string::npos) << *complaint;
  }
}

TEST(CheckPublicUrl, TakesHttpUrlsOrNothing) {
  expect_passes(check_public_url, {"", "https://music.example", "http://music.example/base"});
  expect_refuses(check_public_url, {"music.example", "ftp://music.example", "http://"},
                 " is no http or https URL; give one such as \"https://music.example\"");
}

TEST(CheckFieldValue, RefusesControlCharacters) {
  expect_passes(check_field_value, {"", "private, max-age=3600", "a\tb", "blåbær"});
  for (const std::string text : {"a\r\nX: y", "a\nb", "\x7F", "\x01"}) {
    EXPECT_EQ(check_field_value(text),
              "a field value must not hold control characters; remove them");
  }
}

TEST(CheckRequestField, RefusesWhatTonearmSetsItself) {
  EXPECT_EQ(check_request_field({"Authorization", "Basic eA=="}), std::nullopt);
  EXPECT_EQ(check_request_field({"X-Token", ""}), std::nullopt);
  for (const std::string name :
       {"Host", "host", "Range", "If-Range", "accept-encoding", "Connection", "Keep-Alive", "TE",
        "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length", "If-Match", "If-None-Match",
        "Proxy-Connection", "If-Modified-Since", "If-Unmodified-Since", "Expect", "Forwarded"}) {
    EXPECT_EQ(check_request_field({name, "x"}),
              name + " is set by tonearm for each request; remove it");
  }
}

TEST(CheckRequestField, RefusesWhatCannotStandInAHead) {
  for (const std::string name : {"", "X Y", "X:", "Ü"}) {
    EXPECT_EQ(check_request_field({name, "x"}),
              of(name, " is no field name; give one such as Authorization"));
  }
  EXPECT_EQ(check_request_field({"X-Token", "a\r\nb"}),
            "a field value must not hold control characters; remove them");
}

TEST(CheckResolverName, TakesSchemesThatAreNotTaken) {
  expect_passes(check_resolver_name, {"yt", "Yt", "a1+-.", "s3x", "1yt", "my_yt"});
  expect_refuses(check_resolver_name, {"http", "HTTPS", "s3", "File"},
                 " is a source of its own; choose another name");
  expect_refuses(check_resolver_name, {"", "y t", "y:t", "ü", "y/t"},
                 " cannot be a resolver's name; give letters, digits, + - . and _");
}

TEST(CheckResolverCommand, WantsAProgram) {
  EXPECT_EQ(check_resolver_command({"yt-dlp", "--", "{}"}), std::nullopt);
  EXPECT_EQ(check_resolver_command({"sh", "-c", "find '{}'"}), std::nullopt);
  EXPECT_EQ(check_resolver_command({}),
            "the command is missing; give [\"program\", \"argument\", \"{}\"]");
  EXPECT_EQ(check_resolver_command({"", "{}"}), "the program is empty; give its name or its path");
  EXPECT_EQ(check_resolver_command({"find-song"}), std::nullopt);
}

}  // namespace
}  // namespace tonearm::app
