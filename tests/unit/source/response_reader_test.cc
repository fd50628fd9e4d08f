#include "source/response_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tonearm::source {
namespace {

/// What was read of an answer, and of the connection's end behind it.
struct Reading {
  unsigned status = 0;
  std::string content;
  bool complete = false;  ///< Before the end.
  bool reusable = false;
  std::string fault;
  std::string end;  ///< What is wrong with an end here.
};

Reading read_answer(const std::string& text, std::size_t part = 1 << 20) {
  ResponseReader reader;
  Reading reading;
  std::size_t at = 0;
  while (at < text.size() && reading.fault.empty() && !reader.complete()) {
    std::string bytes = text.substr(at, part);
    at += bytes.size();
    std::size_t head_size = 0;
    if (!reader.has_head()) {
      const Result<std::size_t> taken = reader.read_head(bytes, {});
      if (!taken) {
        reading.fault = taken.error().detail;
        break;
      }
      head_size = *taken;
    }
    if (!reader.has_head()) continue;
    const auto rest = std::as_writable_bytes(std::span(bytes)).subspan(head_size);
    const ResponseReader::Content content = reader.read_content(rest);
    reading.content += bytes.substr(head_size, content.size);
    if (content.fault) reading.fault = content.fault->detail;
  }
  reading.status = reader.head().status;
  reading.complete = reader.complete();
  reading.reusable = reader.has_head() && reader.reusable();
  if (const Result<void> ended = reader.end(); !ended) reading.end = ended.error().detail;
  return reading;
}

std::string ok(const std::string& fields) { return "HTTP/1.1 200 OK\r\n" + fields + "\r\n"; }

TEST(ResponseReader, ReadsALengthHoweverItComes) {
  for (const std::size_t part : {1U, 2U, 5U, 1000U}) {
    const Reading reading = read_answer(ok("Content-Length: 5\r\n") + "hello", part);
    EXPECT_EQ(reading.status, 200U);
    EXPECT_EQ(reading.content, "hello");
    EXPECT_TRUE(reading.complete);
    EXPECT_TRUE(reading.reusable);
    EXPECT_EQ(reading.end, "");
  }
}

// RFC 9112 §6.3: the transfer coding overrides the length.
TEST(ResponseReader, ReadsChunksHoweverTheyCome) {
  for (const std::size_t part : {1U, 2U, 5U, 1000U}) {
    const Reading reading = read_answer(
        ok("Content-Length: 2\r\nTransfer-Encoding: Chunked\r\n") + "5\r\nhello\r\n0\r\n\r\n",
        part);
    EXPECT_EQ(reading.content, "hello");
    EXPECT_TRUE(reading.complete);
    EXPECT_TRUE(reading.reusable);
  }
}

TEST(ResponseReader, ReadsUpToTheEndOfTheConnectionWhereNothingElseTells) {
  for (const char* const fields : {"", "Transfer-Encoding: identity\r\n"}) {
    const Reading reading = read_answer(ok(fields) + "hello");
    EXPECT_EQ(reading.content, "hello");
    EXPECT_FALSE(reading.complete);
    EXPECT_FALSE(reading.reusable);
    EXPECT_EQ(reading.end, "");
  }
}

// RFC 9110 §15.2: any number of interim answers may come first.
TEST(ResponseReader, LeavesInterimAnswersOut) {
  const Reading reading = read_answer(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n"
      "Content-Length: 7\r\n\r\n" +
          ok("Content-Length: 2\r\n") + "ab",
      3);
  EXPECT_EQ(reading.status, 200U);
  EXPECT_EQ(reading.content, "ab");
  EXPECT_TRUE(reading.reusable);
}

// RFC 9110 §15.3.5, §15.4.5.
TEST(ResponseReader, KnowsWhichAnswersHaveNoContent) {
  for (const char* const status : {"204 No Content", "304 Not Modified"}) {
    const Reading reading =
        read_answer("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 9\r\n\r\n");
    EXPECT_TRUE(reading.complete) << status;
    EXPECT_TRUE(reading.reusable) << status;
  }
  const Reading switched = read_answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
  EXPECT_EQ(switched.status, 101U);
  EXPECT_TRUE(switched.complete);
  EXPECT_FALSE(switched.reusable);
}

// RFC 9112 §9.3.
TEST(ResponseReader, KnowsWhichConnectionsAreKept) {
  const auto kept = [](const std::string& version, const std::string& fields) {
    return read_answer(version + " 200 OK\r\nContent-Length: 1\r\n" + fields + "\r\na").reusable;
  };
  EXPECT_TRUE(kept("HTTP/1.1", ""));
  EXPECT_TRUE(kept("HTTP/1.1", "Connection: keep-alive\r\n"));
  EXPECT_FALSE(kept("HTTP/1.1", "Connection: close\r\n"));
  EXPECT_FALSE(kept("HTTP/1.1", "Connection: x , Close\r\n"));
  EXPECT_FALSE(kept("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
  EXPECT_FALSE(kept("HTTP/1.0", ""));
  EXPECT_TRUE(kept("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

// They would be the next request's answer.
TEST(ResponseReader, DoesNotReuseWhatHoldsMoreThanWasAskedFor) {
  const Reading length = read_answer(ok("Content-Length: 1\r\n") + "ab");
  EXPECT_EQ(length.content, "a");
  EXPECT_FALSE(length.reusable);
  const Reading chunks =
      read_answer(ok("Transfer-Encoding: chunked\r\n") + "1\r\na\r\n0\r\n\r\nHTTP");
  EXPECT_EQ(chunks.content, "a");
  EXPECT_FALSE(chunks.reusable);
  EXPECT_FALSE(read_answer(ok("Content-Length: 0\r\n") + "a").reusable);
}

TEST(ResponseReader, TellsAnEndThatComesTooEarly) {
  EXPECT_EQ(read_answer("").end, "the origin ended the connection without an answer");
  EXPECT_EQ(read_answer("HTTP/1.1 200").end, "the origin ended the connection without an answer");
  EXPECT_EQ(read_answer("HTTP/1.1 200\r\n").end, "the head of the origin's answer is cut short");
  EXPECT_EQ(read_answer(ok("Content-Length: 5\r\n") + "ab").end,
            "the origin's body is cut short, 3 bytes before its end");
  EXPECT_EQ(read_answer(ok("Transfer-Encoding: chunked\r\n") + "5\r\nab").end,
            "the origin's body is cut short");
}

TEST(ResponseReader, TakesLinesThatEndWithLineFeedAlone) {
  const Reading reading = read_answer("HTTP/1.1 200\nContent-Length: 1\n\na");
  EXPECT_EQ(reading.content, "a");
  EXPECT_TRUE(reading.reusable);
}

TEST(ResponseReader, RefusesWhatIsNoHttp) {
  for (const std::string text :
       {"SSH-2.0-OpenSSH_9.2\r\n", "<html>", "\r\nHTTP/1.1 200 OK\r\n", "HTTP/2 200\r\n",
        "HTTP/1.1 20\r\n", "HTTP/1.1 2000\r\n", "HTTP/1.1  200\r\n", "HTTP/1.1 099 X\r\n",
        "HTTP/1x1 200\r\n", "ICY 200 OK\r\n"}) {
    for (const std::size_t part : {1U, 1000U}) {
      EXPECT_EQ(read_answer(text, part).fault, "the origin's answer is no HTTP") << text;
    }
  }
  EXPECT_EQ(read_answer(std::string("HTTP/1.1 200 OK\r\nX: a\0b\r\n", 26)).fault,
            "the origin's answer is no HTTP");
}

// Nobody has sent TE (RFC 9110 §10.1.4).
TEST(ResponseReader, RefusesTransferCodingsThatNobodyAskedFor) {
  for (const char* const coding : {"gzip", "gzip, chunked", "chunked, gzip"}) {
    const Reading reading =
        read_answer(ok("Transfer-Encoding: " + std::string(coding) + "\r\n") + "a");
    EXPECT_EQ(reading.fault, "the origin sent a Transfer-Encoding unasked");
  }
}

// Of a refusal the status counts; where its content ends nobody knows.
TEST(ResponseReader, TakesARefusalInACodingThatNobodyAskedFor) {
  const Reading reading = read_answer("HTTP/1.1 404 X\r\nTransfer-Encoding: gzip, chunked\r\n\r\n");
  EXPECT_EQ(reading.status, 404U);
  EXPECT_EQ(reading.fault, "");
  EXPECT_FALSE(reading.reusable);
  // RFC 9112 §6.1: a 304 may tell what a 200 would have.
  EXPECT_TRUE(read_answer("HTTP/1.1 304 X\r\nTransfer-Encoding: gzip, chunked\r\n\r\n").reusable);
}

TEST(ResponseReader, WhatSaysTwiceThatItIsChunkedIsSoOnce) {
  const std::string line = "Transfer-Encoding: chunked\r\n";
  EXPECT_EQ(read_answer(ok(line + line) + "1\r\na\r\n0\r\n\r\n").content, "a");
}

// RFC 9112 §6.1.
TEST(ResponseReader, DoesNotReuseWhatIsChunkedInHttp10) {
  const Reading reading = read_answer(
      "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1\r\na\r\n0\r\n\r\n");
  EXPECT_EQ(reading.content, "a");
  EXPECT_TRUE(reading.complete);
  EXPECT_FALSE(reading.reusable);
}

// RFC 9112 §5.2.
TEST(ResponseReader, AFieldMayGoOnInTheNextLine) {
  for (const std::size_t part : {1U, 4U, 1000U}) {
    const Reading reading =
        read_answer(ok("Transfer-Encoding:\r\n chunked\r\nConnection: x,\r\n\t close\r\n") +
                        "1\r\na\r\n0\r\n\r\n",
                    part);
    EXPECT_EQ(reading.content, "a");
    EXPECT_FALSE(reading.reusable);
  }
  std::string folded = "X: a\r\n";
  for (int i = 0; i < 200; ++i) folded += ' ' + std::string(1000, 'x') + "\r\n";
  EXPECT_EQ(read_answer(ok(folded)).fault, "a header line of the origin's is too long");
}

// RFC 9112 §2.2.
TEST(ResponseReader, IgnoresAGoingOnOfTheStatusLine) {
  EXPECT_EQ(read_answer("HTTP/1.1 200 OK\r\n X: y\r\nContent-Length: 1\r\n\r\na").content, "a");
}

// RFC 9112 §5.1.
TEST(ResponseReader, BlanksBeforeAColonAreNoPartOfTheName) {
  EXPECT_EQ(read_answer(ok("Content-Length : 1\r\n") + "ab").content, "a");
}

TEST(ResponseReader, AFieldIsNoStatusLineWhateverItSays) {
  EXPECT_EQ(read_answer("HTTP/1.1 404 X\r\nHTTP/1.1 200 OK\r\n\r\n").fault,
            "a header line of the origin's has no colon");
  const Reading reading =
      read_answer("HTTP/1.1 404 X\r\nHTTP/1.1: 200\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(reading.status, 404U);
  EXPECT_TRUE(reading.reusable);
}

TEST(ResponseReader, BoundsAHead) {
  const std::string line = "X: " + std::string(90 * 1024, 'x') + "\r\n";
  EXPECT_EQ(read_answer(ok(line) + "a").content, "a");
  EXPECT_EQ(read_answer(ok("X: " + std::string(101 * 1024, 'x'))).fault,
            "a header line of the origin's is too long");
  EXPECT_EQ(read_answer(ok(line + line + line + line)).fault,
            "the head of the origin's answer is too long");
  EXPECT_EQ(read_answer(ok("X: " + std::string(200 * 1024, 'x')), 1000).fault,
            "a header line of the origin's is too long");
}

TEST(ResponseReader, KnowsWhetherAnAnswerHasBegun) {
  ResponseReader reader;
  EXPECT_TRUE(reader.silent());
  ASSERT_TRUE(reader.read_head("HTTP/1.1 200 OK\r", {}));
  EXPECT_TRUE(reader.silent());
  ASSERT_TRUE(reader.read_head("\n", {}));
  EXPECT_FALSE(reader.silent());
}

}  // namespace
}  // namespace tonearm::source
