#include "tonearm/base/error.h"

#include "tonearm/base/result.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tonearm {
namespace {

constexpr auto kinds = static_cast<unsigned>(ErrorKind::internal) + 1;

ErrorKind kind(unsigned index) { return static_cast<ErrorKind>(index); }

TEST(ErrorKind, HasANameOfItsOwnInTheStyleOfRfc9209) {
  std::set<std::string_view> names;
  for (unsigned i = 0; i < kinds; ++i) {
    const std::string_view name = to_string(kind(i));
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos)
        << name;
  }
}

TEST(ErrorKind, UsesTheTokensOfRfc9209) {
  // RFC 9209 §2.3
  EXPECT_EQ(to_string(ErrorKind::dns_timeout), "dns_timeout");
  EXPECT_EQ(to_string(ErrorKind::dns_error), "dns_error");
  EXPECT_EQ(to_string(ErrorKind::connection_refused), "connection_refused");
  EXPECT_EQ(to_string(ErrorKind::connection_timeout), "connection_timeout");
  EXPECT_EQ(to_string(ErrorKind::http_response_incomplete), "http_response_incomplete");
  EXPECT_EQ(to_string(ErrorKind::bad_request), "http_request_error");
  EXPECT_EQ(to_string(ErrorKind::internal), "proxy_internal_error");
}

TEST(ErrorKind, BelongsToThePartyWhoseDoingItIs) {
  EXPECT_EQ(party_of(ErrorKind::bad_request), Party::client);
  EXPECT_EQ(party_of(ErrorKind::client_gone), Party::client);
  EXPECT_EQ(party_of(ErrorKind::dns_timeout), Party::origin);
  EXPECT_EQ(party_of(ErrorKind::destination_not_found), Party::origin);
  EXPECT_EQ(party_of(ErrorKind::representation_changed), Party::origin);
  EXPECT_EQ(party_of(ErrorKind::bad_locator), Party::self);
  EXPECT_EQ(party_of(ErrorKind::internal), Party::self);
}

TEST(Party, HasAName) {
  EXPECT_EQ(to_string(Party::client), "client");
  EXPECT_EQ(to_string(Party::origin), "origin");
  EXPECT_EQ(to_string(Party::self), "self");
}

TEST(Result, HoldsAValueOrAnError) {
  const Result<int> good = 42;
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 42);

  const Result<int> bad = Error{ErrorKind::draining, "soon gone", std::chrono::seconds(3)};
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, ErrorKind::draining);
  EXPECT_EQ(bad.error().retry_after, std::chrono::seconds(3));
  EXPECT_EQ(bad.error().party(), Party::self);
}

TEST(Result, ThrowsWhenAnErrorIsTakenForAValue) {
  const Result<int> bad = Error{ErrorKind::dns_error, "no such host", {}};
  try {
    bad.value();
    FAIL() << "value() of an error returned";
  } catch (const UncheckedResult& thrown) {
    EXPECT_EQ(std::string(thrown.what()), "unchecked error dns_error: no such host");
  }
}

}  // namespace
}  // namespace tonearm
