#include "source/resolver_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tonearm::source {
namespace {

using testing::HasSubstr;
using Words = std::vector<std::string>;

TEST(FillCommand, EveryPlaceInAnyArgumentIsFilled) {
  EXPECT_EQ(fill_command({"p", "--", "{}"}, "a b;$(c)").value(), (Words{"p", "--", "a b;$(c)"}));
  EXPECT_EQ(fill_command({"p", "-u=http://x/{}?y={}", "z"}, "1").value(),
            (Words{"p", "-u=http://x/1?y=1", "z"}));
  EXPECT_EQ(fill_command({"p", "{}"}, "{}{}").value(), (Words{"p", "{}{}"}));
}

TEST(FillCommand, TheProgramIsNotForTheValueToChoose) {
  EXPECT_EQ(fill_command({"{}", "{}"}, "x").value(), (Words{"{}", "x"}));
}

TEST(FillCommand, AValueCannotBecomeAnOption) {
  EXPECT_EQ(fill_command({"p", "{}"}, "--exec=rm").error().kind, ErrorKind::bad_locator);
  EXPECT_EQ(fill_command({"p", "{}", "--"}, "-x").error().kind, ErrorKind::bad_locator);
  EXPECT_EQ(fill_command({"p", "--", "{}"}, "-x").value(), (Words{"p", "--", "-x"}));
  EXPECT_EQ(fill_command({"p", "--url={}"}, "-x").value(), (Words{"p", "--url=-x"}));
}

TEST(FillCommand, WhatCannotBeAnArgumentIsRefused) {
  EXPECT_EQ(fill_command({"p", "{}"}, "").error().kind, ErrorKind::bad_locator);
  EXPECT_EQ(fill_command({"p", "{}"}, std::string("a\0b", 3)).error().kind, ErrorKind::bad_locator);
}

TEST(LastWords, AreOneLine) {
  EXPECT_EQ(last_words(""), "");
  EXPECT_EQ(last_words("\n one\r\n\ttwo \n"), "one two");
  EXPECT_EQ(last_words("\x1b[31mred\x07"), "\x1b[31mred\x07") << "the log escapes it";
}

TEST(LastWords, NameNoUrl) {
  EXPECT_EQ(last_words("ERROR: https://cdn.example/a?key=1: HTTP 403 (see http://x/y, ftp://z)"),
            "ERROR: https://... HTTP 403 (see http://... ftp://...");
  EXPECT_EQ(last_words("a :// b x-y+z.1://q"), "a :// b x-y+z.1://...");
  EXPECT_EQ(last_words("got HTTPS%3a%2F%2Fcdn%2Fkey (//cdn/key?sig=1) a//b // end"),
            "got HTTPS%3a%2F%2F... (//... a//b // end");
  const std::string cut = last_words("https://cdn.example/" + std::string(2'000, 'k') + " end");
  EXPECT_EQ(cut, "https://... end") << "not what is left of one that is too long";
}

TEST(LastWords, AreBounded) {
  const std::string words = last_words(std::string(2'000, 'x') + "end");
  EXPECT_EQ(words.size(), 503U);
  EXPECT_THAT(words, HasSubstr("xend"));
}

TEST(FailureOf, SaysHowTheCommandEndedAndWhatItSaid) {
  CommandResult result;
  result.end = CommandResult::End::exited;
  result.status = 3;
  result.complaints = "ERROR: no such video\n";
  const Error exited = failure_of(result, std::chrono::seconds(1));
  EXPECT_EQ(exited.kind, ErrorKind::resolver_failed);
  EXPECT_THAT(exited.detail, HasSubstr("exit status 3: ERROR: no such video"));
  result.end = CommandResult::End::timed_out;
  EXPECT_EQ(failure_of(result, std::chrono::seconds(1)).kind, ErrorKind::http_response_timeout);
  result.end = CommandResult::End::stopped;
  EXPECT_EQ(failure_of(result, std::chrono::seconds(1)).kind, ErrorKind::draining);
}

}  // namespace
}  // namespace tonearm::source
