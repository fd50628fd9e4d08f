#include "tonearm/base/hmac.h"

#include <boost/algorithm/hex.hpp>
#include <gtest/gtest.h>

#include <string>

namespace tonearm {
namespace {

std::string hmac(std::string_view key, std::string_view text) {
  return boost::algorithm::hex_lower(hmac_sha256(key, text));
}

/// RFC 4231 §4.
TEST(Hmac, IsThatOfTheRfc) {
  EXPECT_EQ(hmac(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      hmac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, KeyAndTextMayBeEmptyOrHoldAnyByte) {
  EXPECT_EQ(hmac({}, {}), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  EXPECT_NE(hmac("k", std::string("a\0b", 3)), hmac("k", "a"));
}

}  // namespace
}  // namespace tonearm
