#include "tonearm/http/range.h"

#include "print.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace tonearm::http {
namespace {

using Kind = RangeField::Kind;

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
constexpr auto none = std::nullopt;

std::vector<RangeSpec> specs_of(const RangeField& field) {
  return {field.specs.begin(), field.specs.end()};
}

void expect_specs(const std::string& text, const std::vector<RangeSpec>& expected) {
  const RangeField field = parse_range(text);
  EXPECT_EQ(field.kind, Kind::bytes) << text;
  EXPECT_EQ(specs_of(field), expected) << text;
}

void expect_kind(const std::string& text, Kind kind) {
  const RangeField field = parse_range(text);
  EXPECT_EQ(field.kind, kind) << '"' << text << '"';
  EXPECT_TRUE(field.specs.empty()) << '"' << text << '"';
}

std::string list_of(std::size_t count) {
  std::string text = "bytes=";
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + std::to_string(2 * i) + "-";
  return text;
}

// RFC 9110 §14.1.2
TEST(ParseRange, ReadsIntRangesAndSuffixes) {
  expect_specs("bytes=0-499", {{0, 499}});
  expect_specs("bytes=0-0", {{0, 0}});
  expect_specs("bytes=9500-", {{9500, none}});
  expect_specs("bytes=-500", {{none, 500}});
  expect_specs("bytes=-0", {{none, 0}});
  expect_specs("bytes=0007-010", {{7, 10}});
}

TEST(ParseRange, TellsTheThreeFormsApart) {
  const RangeField field = parse_range("bytes=1-2,3-,-4");
  ASSERT_EQ(field.specs.size(), 3U);
  EXPECT_FALSE(field.specs[0].is_suffix() || field.specs[0].is_open_ended());
  EXPECT_TRUE(field.specs[1].is_open_ended() && !field.specs[1].is_suffix());
  EXPECT_TRUE(field.specs[2].is_suffix() && !field.specs[2].is_open_ended());
}

TEST(ParseRange, KeepsTheOrderOfAListEvenWhereRangesOverlap) {
  expect_specs("bytes=500-600,0-9,550-,-3", {{500, 600}, {0, 9}, {550, none}, {none, 3}});
}

// Every seek of every player comes through here.
TEST(ParseRange, OneRangeNeedsNoAllocation) {
  const RangeField field = parse_range("bytes=0-499");
  const auto* object = reinterpret_cast<const char*>(&field);
  const auto* specs = reinterpret_cast<const char*>(field.specs.data());
  ASSERT_EQ(field.specs.size(), 1U);
  EXPECT_TRUE(specs >= object && specs < object + sizeof field);
}

// RFC 9110 §14.1: range units are case-insensitive.
TEST(ParseRange, UnitIsCaseInsensitive) {
  expect_specs("Bytes=0-1", {{0, 1}});
  expect_specs("BYTES=0-1", {{0, 1}});
}

// RFC 9110 §5.6.1.2: OWS around commas and empty elements.
TEST(ParseRange, BlanksAroundCommasAndEmptyElementsAreAllowed) {
  expect_specs("bytes=0-1 ,\t5-6", {{0, 1}, {5, 6}});
  expect_specs("bytes= 0-1", {{0, 1}});
  expect_specs("  bytes=0-1\t ", {{0, 1}});
  expect_specs("bytes=,0-1", {{0, 1}});
  expect_specs("bytes=0-1,", {{0, 1}});
  expect_specs("bytes=, ,0-1,, ,5-6,\t,", {{0, 1}, {5, 6}});
}

// RFC 9110 §14.1.2: anticipate large numerals; nginx CVE-2017-7529 is what wrapping leads to.
TEST(ParseRange, NumbersSaturateAndNeverWrap) {
  expect_specs("bytes=0-18446744073709551615", {{0, most}});
  expect_specs("bytes=18446744073709551614-18446744073709551615", {{most - 1, most}});
  expect_specs("bytes=0-18446744073709551616", {{0, most}});
  expect_specs("bytes=18446744073709551616-", {{most, none}});
  expect_specs("bytes=-18446744073709551617", {{none, most}});
  expect_specs("bytes=1-" + std::string(5000, '9'), {{1, most}});
  expect_specs("bytes=" + std::string(5000, '0') + "3-4", {{3, 4}});
}

TEST(ParseRange, BrokenSetsAreMalformed) {
  for (const char* set :
       {"",        " ",     ",",    ", ,",   "abc",       "-",       "--1",   "1--2",  "1-2-3",
        "1",       "a-5",   "5-a",  "-a",    "5-2",       "0-2,5-4", "0-1,x", "x,0-1", "0-1;2-3",
        "0-1 2-3", "0 - 1", "0- 1", "+1-2",  "-+1",       "0x0-1",   "1.0-2", "1e3-",  "0-1,-",
        "0-*",     "nan-",  "inf-", "0-inf", "bytes=0-1", "\"0-1\""}) {
    expect_kind(std::string("bytes=") + set, Kind::malformed);
  }
}

TEST(ParseRange, NumbersOfAnyLengthAreCompared) {
  expect_kind("bytes=0-1,18446744073709551617-18446744073709551616", Kind::malformed);
  expect_kind("bytes=00100-99", Kind::malformed);
  expect_specs("bytes=18446744073709551616-18446744073709551617", {{most, most}});
  expect_specs("bytes=000-0,00099-100", {{0, 0}, {99, 100}});
}

TEST(ParseRange, OtherUnitsAndFieldsWithoutAUnitAreIgnored) {
  for (const char* text : {"", " ", "bytes", "bytes 0-1", "0-1", "items=0-5", "items=", "byte=0-1",
                           "bytess=0-1", "bytes =0-1", "=0-1", "seconds=1.5-2", "x bytes=0-1"}) {
    expect_kind(text, Kind::ignored);
  }
}

// RFC 9110 §14.2: many small ranges are a way to attack.
TEST(ParseRange, AListOfMoreThanMaxRangesIsIgnored) {
  EXPECT_EQ(parse_range(list_of(max_ranges)).specs.size(), max_ranges);
  expect_kind(list_of(max_ranges + 1), Kind::ignored);
  expect_kind(list_of(1500), Kind::ignored);
}

TEST(ParseRange, EmptyElementsDoNotCountAsRanges) {
  std::string text = list_of(max_ranges);
  text.insert(text.find('=') + 1, std::string(100, ','));
  EXPECT_EQ(parse_range(text).specs.size(), max_ranges);
}

TEST(ParseRange, AListIsMalformedWhereverItBreaks) {
  expect_kind(list_of(max_ranges + 1) + ",5-4", Kind::malformed);
}

struct Fit {
  RangeSpec spec;
  std::uint64_t length;
  std::optional<ByteRange> expected;
};

void expect_fits(const std::vector<Fit>& rows) {
  for (const Fit& row : rows) {
    EXPECT_EQ(fit_range(row.spec, row.length), row.expected)
        << testing::PrintToString(row.spec) << " of " << row.length;
  }
}

TEST(FitRange, LastPositionIsInclusive) {
  expect_fits({{{0, 0}, 10, ByteRange{0, 1}},
               {{0, 1}, 10, ByteRange{0, 2}},
               {{3, 6}, 10, ByteRange{3, 7}},
               {{9, 9}, 10, ByteRange{9, 10}},
               {{0, 9}, 10, ByteRange{0, 10}}});
}

TEST(FitRange, OpenEndReachesTheLastByte) {
  expect_fits({{{0, none}, 10, ByteRange{0, 10}}, {{9, none}, 10, ByteRange{9, 10}}});
}

// RFC 9110 §14.1.2: a last-pos at or past the length is the remainder.
TEST(FitRange, EndPastTheRepresentationIsClamped) {
  expect_fits({{{0, 10}, 10, ByteRange{0, 10}},
               {{9, 5000}, 10, ByteRange{9, 10}},
               {{5, most}, 10, ByteRange{5, 10}}});
}

TEST(FitRange, FirstPositionAtOrPastTheEndIsUnsatisfiable) {
  expect_fits({{{10, 10}, 10, none},
               {{10, none}, 10, none},
               {{11, 20}, 10, none},
               {{most, none}, 10, none},
               {{most, most}, 10, none}});
}

TEST(FitRange, SuffixSelectsTheLastBytes) {
  expect_fits({{{none, 1}, 10, ByteRange{9, 10}}, {{none, 9}, 10, ByteRange{1, 10}}});
}

TEST(FitRange, SuffixLongerThanRepresentationSelectsAll) {
  expect_fits({{{none, 10}, 10, ByteRange{0, 10}},
               {{none, 11}, 10, ByteRange{0, 10}},
               {{none, most}, 10, ByteRange{0, 10}}});
}

TEST(FitRange, SuffixOfZeroIsUnsatisfiable) {
  expect_fits({{{none, 0}, 10, none}, {{none, 0}, 0, none}});
}

TEST(FitRange, NothingOfAnEmptyRepresentationIsSatisfiable) {
  expect_fits({{{0, 0}, 0, none},
               {{0, none}, 0, none},
               {{1, 2}, 0, none},
               {{none, 5}, 0, none},
               {{none, most}, 0, none}});
}

TEST(FitRange, TheLargestLengthDoesNotWrap) {
  expect_fits({{{0, most}, most, ByteRange{0, most}},
               {{most - 1, most}, most, ByteRange{most - 1, most}},
               {{most, none}, most, none},
               {{none, most}, most, ByteRange{0, most}}});
}

}  // namespace
}  // namespace tonearm::http
