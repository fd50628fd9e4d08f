#include "server/request_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tonearm::server {
namespace {

http::RequestHead head_with(std::string_view id) {
  http::RequestHead head;
  head.fields.push_back({http::field::unknown, "x-request-ID", id});
  return head;
}

TEST(RequestId, MadeOnesAreValidAndDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = make_request_id();
    EXPECT_EQ(id.size(), 32U);
    EXPECT_TRUE(is_request_id(id));
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(RequestId, TrustedPeersIdIsTaken) {
  EXPECT_EQ(choose_request_id(head_with("aZ09._~+/=-"), true), "aZ09._~+/=-");
  const std::string longest(128, 'x');
  EXPECT_EQ(choose_request_id(head_with(longest), true), longest);
}

TEST(RequestId, StrangersIdIsNot) { EXPECT_NE(choose_request_id(head_with("abc"), false), "abc"); }

TEST(RequestId, UnfitIdIsReplacedByANewOne) {
  for (const std::string& bad :
       {std::string(), std::string(129, 'x'), std::string("a b"), std::string("a\"b"),
        std::string("a\xC3\xA4"), std::string("a,b"), std::string("a\0b", 3)}) {
    const std::string id = choose_request_id(head_with(bad), true);
    EXPECT_NE(id, bad);
    EXPECT_EQ(id.size(), 32U);
  }
}

TEST(RequestId, AbsentOneIsMade) {
  EXPECT_EQ(choose_request_id(http::RequestHead{}, true).size(), 32U);
}

}  // namespace
}  // namespace tonearm::server
