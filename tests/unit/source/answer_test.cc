#include "source/answer.h"

#include <gtest/gtest.h>

namespace tonearm::source {
namespace {

using Kind = Answer::Kind;

UpstreamHead head_206(std::uint64_t first, std::uint64_t end,
                      std::optional<std::uint64_t> complete) {
  UpstreamHead head;
  head.status = 206;
  head.has_content_range = true;
  head.content_range = http::ContentRange{http::ByteRange{first, end}, complete};
  return head;
}

UpstreamHead head_of(unsigned status) {
  UpstreamHead head;
  head.status = status;
  return head;
}

const std::optional<http::ByteRange> asked = http::ByteRange{100, 200};

TEST(JudgeAnswer, APartThatHoldsTheFirstByteIsUsable) {
  const auto exact = judge_answer(head_206(100, 200, 1000), asked);
  EXPECT_EQ(exact.kind, Kind::part);
  EXPECT_EQ(exact.first, 100U);
  EXPECT_EQ(exact.end, 200U);
  EXPECT_EQ(exact.length, 1000U);
  EXPECT_EQ(judge_answer(head_206(0, 1000, 1000), asked).kind, Kind::part);
  EXPECT_EQ(judge_answer(head_206(100, 101, 1000), asked).kind, Kind::part);
}

TEST(JudgeAnswer, A404IsBelievedLaterUnlessTheOriginForbidsIt) {
  const auto with = [](std::string_view value) {
    UpstreamHead head = head_of(404);
    if (!value.empty()) http::read_cache_field(head.caching, "Cache-Control", value);
    return judge_answer(head, asked).error.no_store;
  };
  EXPECT_FALSE(with(""));
  EXPECT_FALSE(with("max-age=5"));
  for (const auto value : {"no-store", "private", "no-cache", "max-age=0"}) {
    EXPECT_TRUE(with(value)) << value;
  }
}

TEST(JudgeAnswer, AnotherPartOrAnUntrueOneIsUseless) {
  EXPECT_EQ(judge_answer(head_206(101, 200, 1000), asked).kind, Kind::useless);
  EXPECT_EQ(judge_answer(head_206(0, 100, 1000), asked).kind, Kind::useless);
  EXPECT_EQ(judge_answer(head_206(100, 200, std::nullopt), asked).kind, Kind::useless);
  EXPECT_EQ(judge_answer(head_of(206), asked).kind, Kind::useless);
  auto wrong_length = head_206(100, 200, 1000);
  wrong_length.content_length = 99;
  EXPECT_EQ(judge_answer(wrong_length, asked).kind, Kind::useless);
}

TEST(JudgeAnswer, A206UnaskedIsNonsense) {  // RFC 9110 §15.3.7
  const auto answer = judge_answer(head_206(0, 10, 10), std::nullopt);
  EXPECT_EQ(answer.kind, Kind::failure);
  EXPECT_EQ(answer.error.kind, ErrorKind::http_protocol_error);
}

TEST(JudgeAnswer, A200IsTheWholeWhateverWasAsked) {
  for (const unsigned status : {200U, 203U}) {  // RFC 9110 §15.3.4: transformed by a proxy
    auto head = head_of(status);
    head.content_length = 1000;
    const auto answer = judge_answer(head, asked);
    EXPECT_EQ(answer.kind, Kind::whole) << status;
    EXPECT_EQ(answer.first, 0U);
    EXPECT_EQ(answer.end, 1000U);
  }
}

TEST(JudgeAnswer, A200ThatNamesAPartIsNoWhole) {
  for (const auto& [end, complete] : {std::pair(200U, std::optional(1000UL)), {200U, {}}}) {
    auto part = head_206(100, end, complete);
    part.status = 200;
    EXPECT_EQ(judge_answer(part, asked).kind, Kind::useless);
    EXPECT_EQ(judge_answer(part, std::nullopt).kind, Kind::whole) << "nothing else can be asked";
  }
  auto whole = head_206(0, 1000, 1000);
  whole.status = 200;
  EXPECT_EQ(judge_answer(whole, asked).kind, Kind::whole);
}

TEST(JudgeAnswer, EncodedOrAmbiguousBodiesAreRefused) {
  auto encoded = head_of(200);
  encoded.encoded = true;
  EXPECT_EQ(judge_answer(encoded, asked).kind, Kind::failure);
  auto ambiguous = head_206(100, 200, 1000);
  ambiguous.ambiguous = true;
  EXPECT_EQ(judge_answer(ambiguous, asked).kind, Kind::failure);
}

TEST(JudgeAnswer, A416MayNameTheSizeOrNot) {
  auto head = head_of(416);
  EXPECT_EQ(judge_answer(head, asked).kind, Kind::unsatisfiable);
  EXPECT_FALSE(judge_answer(head, asked).length);
  head.has_content_range = true;
  head.content_range = http::ContentRange{std::nullopt, 50};
  EXPECT_EQ(judge_answer(head, asked).length, 50U);
}

TEST(JudgeAnswer, EachStatusHasOneMeaning) {
  for (const unsigned status : {429U, 500U, 502U, 503U, 504U}) {
    EXPECT_EQ(judge_answer(head_of(status), asked).kind, Kind::retry) << status;
  }
  for (const unsigned status : {404U, 410U}) {
    EXPECT_EQ(judge_answer(head_of(status), asked).error.kind, ErrorKind::destination_not_found);
  }
  for (const unsigned status : {0U, 201U, 204U, 400U, 401U, 403U, 418U, 501U, 999U}) {
    const auto answer = judge_answer(head_of(status), asked);
    EXPECT_EQ(answer.kind, Kind::failure) << status;
    EXPECT_EQ(answer.error.kind, ErrorKind::origin_refused) << status;
  }
  auto redirect = head_of(302);
  EXPECT_EQ(judge_answer(redirect, asked).kind, Kind::failure) << "no Location";
  redirect.location = "/x";
  EXPECT_EQ(judge_answer(redirect, asked).kind, Kind::redirect);
}

struct Described {
  http::Representation what;
  UpstreamHead head;

  Described() {
    what.length = 1000;
    what.validators.etag = http::EntityTag{"\"a\"", false};
    what.validators.last_modified = http::HttpTime(std::chrono::seconds(1000));
    what.validators.last_modified_is_strong = true;
    head.validators = what.validators;
  }
  Sameness sameness(std::optional<std::uint64_t> length = 1000) const {
    return compare(what, head, length);
  }
};

TEST(Compare, AStrongEtagProves) {  // RFC 9110 §8.8.3.2, §15.3.7.3
  Described d;
  EXPECT_EQ(d.sameness(), Sameness::proven);
  d.head.validators.etag = http::EntityTag{"\"b\"", false};
  EXPECT_EQ(d.sameness(), Sameness::different);
  d.head.validators.etag.reset();
  EXPECT_EQ(d.sameness(), Sameness::different);
}

TEST(Compare, AnotherLengthIsAnotherVersion) {
  EXPECT_EQ(Described().sameness(1001), Sameness::different);
}

TEST(Compare, AStrongEtagProvesWhereALengthIsNotSaid) {
  Described d;
  EXPECT_EQ(d.sameness(std::nullopt), Sameness::proven);
  d.what.length.reset();
  EXPECT_EQ(d.sameness(std::nullopt), Sameness::proven);
  EXPECT_EQ(d.sameness(1000), Sameness::proven);
}

TEST(Compare, ALastModifiedProvesOnlyWithTheLength) {
  Described d;
  d.what.validators.etag.reset();
  d.head.validators.etag.reset();
  EXPECT_EQ(d.sameness(std::nullopt), Sameness::consistent);
  d.what.length.reset();
  EXPECT_EQ(d.sameness(1000), Sameness::consistent);
  EXPECT_EQ(d.sameness(std::nullopt), Sameness::consistent);
}

TEST(Compare, APartNeedNotRepeatTheDateThatItWasAskedUnder) {  // §15.3.7
  Described d;
  d.what.validators.etag.reset();
  d.head.validators = {};
  d.head.status = 206;
  EXPECT_EQ(d.sameness(), Sameness::proven);
  EXPECT_EQ(d.sameness(1001), Sameness::different);
  d.head.status = 200;
  EXPECT_EQ(d.sameness(), Sameness::different);
  d.head.status = 206;
  d.what.validators.last_modified_is_strong = false;
  EXPECT_EQ(d.sameness(), Sameness::different);
}

TEST(Compare, AStrongLastModifiedProvesAWeakOneDoesNot) {  // §8.8.2.2
  Described d;
  d.what.validators.etag.reset();
  d.head.validators.etag.reset();
  EXPECT_EQ(d.sameness(), Sameness::proven);
  d.what.validators.last_modified_is_strong = false;
  EXPECT_EQ(d.sameness(), Sameness::consistent);
  d.head.validators.last_modified = http::HttpTime(std::chrono::seconds(1001));
  EXPECT_EQ(d.sameness(), Sameness::different);
}

TEST(Compare, WithoutValidatorsNothingIsProven) {
  Described d;
  d.what.validators = {};
  d.head.validators = {};
  EXPECT_EQ(d.sameness(), Sameness::consistent);
  EXPECT_EQ(d.sameness(std::nullopt), Sameness::consistent);
  EXPECT_EQ(d.sameness(1001), Sameness::different);
  EXPECT_FALSE(is_provable(d.what));
}

TEST(IsProvable, ADateNeedsALengthBesidesAStrongEtagDoesNot) {
  Described d;
  d.what.length.reset();
  EXPECT_TRUE(is_provable(d.what));
  d.what.validators.etag.reset();
  EXPECT_FALSE(is_provable(d.what));
}

TEST(IsProvable, AWeakEtagAloneIsNoProof) {
  Described d;
  d.what.validators.last_modified_is_strong = false;
  EXPECT_TRUE(is_provable(d.what));
  d.what.validators.etag->weak = true;
  EXPECT_FALSE(is_provable(d.what));
}

}  // namespace
}  // namespace tonearm::source
