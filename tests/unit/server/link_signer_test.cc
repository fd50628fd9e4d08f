#include "tonearm/server/link_signer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tonearm::server {
namespace {

using testing::HasSubstr;

constexpr http::HttpTime in_2033{std::chrono::seconds(2'000'000'000)};
const std::string vector =
    "/songs/listen/1?exp=2000000000&sig=sJvHXjas2PNuaOm54qhvIatABp_nP0PDxGUpe9E0D-w";

Address client_at(const char* text) { return boost::asio::ip::make_address(text); }

/// Why it is refused; empty when it is not.
std::string verdict(const LinkSigner& signer, std::string_view link,
                    const std::optional<Address>& client = std::nullopt,
                    http::HttpTime now = in_2033) {
  const auto verified = signer.verify(http::parse_target(link).value(), now, client);
  if (verified) return {};
  EXPECT_EQ(verified.error().kind, ErrorKind::forbidden);
  return verified.error().detail;
}

TEST(LinkSigner, MakesTheLinkOfTheTestVector) {
  const LinkSigner signer({"secret"});
  EXPECT_EQ(signer.sign("/songs/listen/1", in_2033).value(), vector);
  EXPECT_EQ(verdict(signer, vector), "");
}

TEST(LinkSigner, SignsThePathDecodedAndNotTheQuery) {
  const LinkSigner signer({"secret"});
  const std::string link = signer.sign("/songs.m3u?q=a%20b", in_2033).value();
  EXPECT_THAT(link, HasSubstr("/songs.m3u?q=a%20b&exp=2000000000&sig="));
  EXPECT_EQ(verdict(signer, link), "");
  const auto sig = vector.substr(vector.find('?') + 1);
  EXPECT_EQ(verdict(signer, "/%73ongs/listen/%31?t=9&" + sig + "&pos=3"), "");
  EXPECT_EQ(verdict(signer, "http://host/songs/listen/1?" + sig), "");
  EXPECT_FALSE(signer.sign("songs/listen/1", in_2033));
  EXPECT_FALSE(signer.sign("/a b", in_2033));
  EXPECT_FALSE(signer.sign("http://host/songs/listen/1", in_2033));
}

TEST(LinkSigner, MakesNoLinkThatItWouldRefuse) {
  const LinkSigner signer({"secret"});
  for (const std::string target : {"/a?exp=1", "/a?q=b&bind=ip", "/a?sig", "/a?%65xp=1"}) {
    const auto link = signer.sign(target, in_2033);
    ASSERT_FALSE(link) << target;
    EXPECT_THAT(link.error().detail, HasSubstr("exp, bind and sig")) << target;
  }
  EXPECT_TRUE(signer.sign("/a?expires=1&Sig=x", in_2033));
}

TEST(LinkSigner, MakesNoLinkThatEndsWithinItsQuery) {
  const LinkSigner signer({"secret"});
  for (const std::string target : {"/a?q=b c", "/a?q=b\tc", "/a?q=b\nc", "/a?q=b\x7F"}) {
    const auto link = signer.sign(target, in_2033);
    ASSERT_FALSE(link) << target;
    EXPECT_THAT(link.error().detail, HasSubstr("percent-encoded")) << target;
  }
  EXPECT_FALSE(signer.sign("/a?q=b#c", in_2033));
  EXPECT_EQ(verdict(signer, signer.sign("/a?q=ä+[b]%20c", in_2033).value()), "");
}

TEST(LinkSigner, CoversExactlyThatPath) {
  const LinkSigner signer({"secret"});
  const auto query = vector.substr(vector.find('?'));
  for (const char* path :
       {"/songs/listen/2", "/songs/listen/1/", "//songs/listen/1", "/songs/listen/1%2F",
        "/Songs/listen/1", "/songs/listen/%2531", "/songs/listen/1%0A2000000000"}) {
    EXPECT_THAT(verdict(signer, path + query), HasSubstr("altered")) << path;
  }
}

TEST(LinkSigner, LastsThroughItsLastSecond) {
  const LinkSigner signer({"secret"});
  EXPECT_EQ(verdict(signer, vector, {}, in_2033), "");
  EXPECT_THAT(verdict(signer, vector, {}, in_2033 + std::chrono::seconds(1)), HasSubstr("expired"));
}

TEST(LinkSigner, RefusesEveryOtherSignature) {
  const LinkSigner signer({"secret"});
  for (std::size_t i = vector.find("sig=") + 4; i < vector.size(); ++i) {
    std::string altered = vector;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    EXPECT_THAT(verdict(signer, altered), HasSubstr("altered")) << i;
  }
  EXPECT_THAT(verdict(signer, vector + "="), HasSubstr("altered"));
  EXPECT_THAT(verdict(signer, vector.substr(0, vector.size() - 1)), HasSubstr("altered"));
  std::string later = vector;
  later.replace(later.find("2000000000"), 10, "2000000001");
  EXPECT_THAT(verdict(signer, later), HasSubstr("altered"));
  EXPECT_THAT(verdict(signer, vector + "&bind=ip", client_at("192.0.2.1")),
              HasSubstr("another address"));
}

TEST(LinkSigner, TheFirstKeySignsAndAllVerify) {
  const LinkSigner both({"new", "secret"});
  EXPECT_EQ(verdict(both, vector), "");
  const std::string fresh = both.sign("/songs/listen/1", in_2033).value();
  EXPECT_NE(fresh, vector);
  EXPECT_EQ(verdict(LinkSigner({"new"}), fresh), "");
  EXPECT_THAT(verdict(LinkSigner({"new"}), vector), HasSubstr("no longer valid"));
}

TEST(LinkSigner, WithoutKeysEverythingIsGood) {
  EXPECT_EQ(verdict(LinkSigner({}), "/songs/listen/1"), "");
  EXPECT_EQ(verdict(LinkSigner({}), "/songs/listen/1?exp=1&sig=x"), "");
}

TEST(LinkSigner, ABoundLinkIsGoodForItsAddressInEveryForm) {
  const LinkSigner signer({"secret"});
  const std::string v6 = signer.sign("/a", in_2033, client_at("2001:DB8:0:0::1")).value();
  EXPECT_THAT(v6, HasSubstr("/a?exp=2000000000&bind=ip&sig="));
  EXPECT_EQ(verdict(signer, v6, client_at("2001:db8::1")), "");
  EXPECT_THAT(verdict(signer, v6, client_at("2001:db8::2")), HasSubstr("another address"));
  EXPECT_THAT(verdict(signer, v6), HasSubstr("address"));
  const std::string v4 = signer.sign("/a", in_2033, client_at("192.0.2.1")).value();
  EXPECT_EQ(verdict(signer, v4, client_at("::ffff:192.0.2.1")), "");
  // Not to be had for anybody by taking the bind away.
  std::string unbound = v4;
  unbound.erase(unbound.find("&bind=ip"), 8);
  EXPECT_THAT(verdict(signer, unbound, client_at("192.0.2.1")), HasSubstr("altered"));
}

}  // namespace
}  // namespace tonearm::server
