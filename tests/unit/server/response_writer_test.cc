#include "server/response_writer.h"

#include "support/run.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

namespace tonearm::server {
namespace {

io::Chunk chunk_of(const std::string& text) { return io::Chunk(std::as_bytes(std::span(text))); }

class CountingObserver final : public SendObserver {
 public:
  void on_sent(std::uint64_t bytes, std::uint64_t body_bytes) override {
    ++calls;
    total += bytes;
    body += body_bytes;
  }
  void on_blocked() override {
    ++blocked;
    is_blocked = true;
  }
  void on_unblocked() override { is_blocked = false; }

  int calls = 0;
  int blocked = 0;
  bool is_blocked = false;
  std::uint64_t total = 0;
  std::uint64_t body = 0;
};

class ResponseWriterTest : public testing::Test {
 protected:
  ResponseWriterTest() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    socket.assign(io::asio::generic::stream_protocol(AF_UNIX, 0), ends[0]);
    peer = ends[1];
  }
  ~ResponseWriterTest() override {
    if (peer >= 0) ::close(peer);
  }

  Result<void> write(const std::string& text) {
    return test::run(loop, writer.write(chunk_of(text)));
  }
  Result<void> finish() { return test::run(loop, writer.finish()); }

  /// What the client has got so far.
  std::string received() {
    char bytes[65536];
    for (;;) {
      const ssize_t count = ::recv(peer, bytes, sizeof bytes, 0);
      if (count <= 0) return all;
      all.append(bytes, static_cast<std::size_t>(count));
    }
  }

  /// Runs `task` while the client reads.
  Result<void> run_reading(io::Task<Result<void>> task) {
    std::optional<Result<void>> done;
    io::asio::co_spawn(loop, std::move(task),
                       [&](std::exception_ptr, Result<void> result) { done = result; });
    loop.restart();
    while (!done) {
      loop.poll();
      received();
    }
    return *done;
  }

  io::asio::io_context loop{1};
  Socket socket{loop.get_executor()};
  int peer = -1;
  std::string all;
  CountingObserver observer;
  ResponseWriter writer{socket, observer};
};

TEST_F(ResponseWriterTest, TellsWhatTheClientHasTaken) {
  EXPECT_EQ(writer.taken(), 0U);
  writer.begin("HEAD ", BodyFraming::length, 4);
  ASSERT_TRUE(write("body"));
  const std::uint64_t before = writer.taken();
  EXPECT_EQ(writer.taken(), before);
  received();
  EXPECT_EQ(writer.taken(), 9U);
  EXPECT_NE(before, 9U);
}

TEST_F(ResponseWriterTest, TheHeadLeavesWithTheFirstBytes) {
  writer.begin("HEAD ", BodyFraming::length, 4);
  EXPECT_FALSE(writer.started());
  EXPECT_EQ(received(), "");
  ASSERT_TRUE(write("body"));
  EXPECT_TRUE(writer.started());
  EXPECT_EQ(observer.calls, 1);
  EXPECT_EQ(observer.total, 9U);
  EXPECT_EQ(observer.body, 4U);
  EXPECT_EQ(received(), "HEAD body");
  EXPECT_TRUE(finish());
  EXPECT_EQ(observer.calls, 1);
}

TEST_F(ResponseWriterTest, AHeadWithoutABodyLeavesAtTheEnd) {
  writer.begin("HEAD", BodyFraming::length, 0);
  ASSERT_TRUE(finish());
  EXPECT_EQ(received(), "HEAD");
  EXPECT_EQ(observer.body, 0U);
}

TEST_F(ResponseWriterTest, AnAnswerThatHasNotStartedCanBeReplaced) {
  writer.begin("GOOD", BodyFraming::length, 4);
  writer.begin("BAD", BodyFraming::length, 0);
  ASSERT_TRUE(finish());
  EXPECT_EQ(received(), "BAD");
}

TEST_F(ResponseWriterTest, AWholeAnswerCanLeaveWithoutWaiting) {
  writer.begin("HEAD ", BodyFraming::length, 4);
  EXPECT_TRUE(writer.finish_now("body"));
  EXPECT_EQ(received(), "HEAD body");
  EXPECT_EQ(observer.body, 4U);
}

TEST_F(ResponseWriterTest, WhatTheClientDoesNotTakeIsNotWaitedFor) {
  const std::string large(16 * 1024 * 1024, 'x');
  writer.begin("HEAD ", BodyFraming::length, large.size());
  EXPECT_FALSE(writer.finish_now(large));
  EXPECT_EQ(observer.blocked, 0);
}

TEST_F(ResponseWriterTest, AShortBodyIsAnError) {
  writer.begin("", BodyFraming::length, 10);
  ASSERT_TRUE(write("four"));
  const Result<void> finished = finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().kind, ErrorKind::internal);
}

TEST_F(ResponseWriterTest, OfALongBodyNoByteTooManyIsSent) {
  writer.begin("", BodyFraming::length, 6);
  ASSERT_TRUE(write("four"));
  const Result<void> written = write("more");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::internal);
  EXPECT_EQ(received(), "four");
}

// RFC 9112 §7.1.
TEST_F(ResponseWriterTest, ChunksAreFramed) {
  writer.begin("HEAD ", BodyFraming::chunked);
  ASSERT_TRUE(write("0123456789abcdefg"));
  ASSERT_TRUE(write("x"));
  ASSERT_TRUE(write(""));  // an empty chunk would be the end
  ASSERT_TRUE(finish());
  EXPECT_EQ(received(), "HEAD 11\r\n0123456789abcdefg\r\n1\r\nx\r\n0\r\n\r\n");
  EXPECT_EQ(observer.body, 18U);
}

TEST_F(ResponseWriterTest, UntilCloseHasNoFraming) {
  writer.begin("HEAD ", BodyFraming::until_close);
  ASSERT_TRUE(write("body"));
  ASSERT_TRUE(finish());
  EXPECT_EQ(received(), "HEAD body");
}

TEST_F(ResponseWriterTest, ADroppedBodyIsNotSent) {
  writer.begin("HEAD", BodyFraming::none, 4);
  ASSERT_TRUE(write("body"));
  ASSERT_TRUE(finish());
  EXPECT_EQ(received(), "HEAD");
  EXPECT_EQ(observer.body, 0U);
}

TEST_F(ResponseWriterTest, WaitsForAClientThatDoesNotTake) {
  std::string body(4 * 1024 * 1024, 'x');
  for (std::size_t i = 0; i < body.size(); i += 997) body[i] = static_cast<char>(i);
  writer.begin("HEAD ", BodyFraming::chunked);
  ASSERT_TRUE(run_reading(writer.write(chunk_of(body))));
  ASSERT_TRUE(finish());
  EXPECT_GT(observer.blocked, 0);
  EXPECT_FALSE(observer.is_blocked);
  EXPECT_EQ(observer.body, body.size());
  EXPECT_TRUE(received() == "HEAD 400000\r\n" + body + "\r\n0\r\n\r\n");
}

TEST_F(ResponseWriterTest, AClientThatLeftIsAnError) {
  ::close(std::exchange(peer, -1));
  writer.begin("HEAD ", BodyFraming::length, 4);
  const Result<void> written = write("body");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::client_gone);
  EXPECT_FALSE(writer.started());
}

class FileTest : public ResponseWriterTest {
 protected:
  FileTest() {
    for (int i = 0; i < 500'000; ++i) content += std::to_string(i);
    std::fwrite(content.data(), 1, content.size(), file);
    std::fflush(file);
  }
  ~FileTest() override { std::fclose(file); }

  io::Chunk region(std::uint64_t offset, std::uint64_t size) const {
    return io::Chunk(io::FileRegion{::fileno(file), offset, size});
  }

  std::FILE* file = std::tmpfile();
  std::string content;
};

TEST_F(FileTest, ARegionFollowsTheHead) {
  writer.begin("HEAD ", BodyFraming::length, 2'000'000);
  ASSERT_TRUE(run_reading(writer.write(region(1000, 2'000'000))));
  ASSERT_TRUE(finish());
  EXPECT_TRUE(received() == "HEAD " + content.substr(1000, 2'000'000));
  EXPECT_EQ(observer.body, 2'000'000U);
  EXPECT_EQ(observer.total, 2'000'005U);
}

TEST_F(FileTest, ARegionCanBeAChunk) {
  writer.begin("HEAD ", BodyFraming::chunked);
  ASSERT_TRUE(run_reading(writer.write(region(3, 16))));
  ASSERT_TRUE(finish());
  EXPECT_EQ(received(), "HEAD 10\r\n" + content.substr(3, 16) + "\r\n0\r\n\r\n");
  EXPECT_EQ(observer.body, 16U);
}

TEST_F(FileTest, AFileThatIsTooShortIsAnError) {
  writer.begin("HEAD ", BodyFraming::length, 100);
  const Result<void> written = run_reading(writer.write(region(content.size() - 10, 100)));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::representation_changed);
}

TEST_F(FileTest, AFileThatCannotBeReadIsTheSources) {
  const int unreadable = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  writer.begin("HEAD ", BodyFraming::length, 100);
  const Result<void> written =
      run_reading(writer.write(io::Chunk(io::FileRegion{unreadable, 0, 100})));
  ::close(unreadable);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::destination_unavailable);
  EXPECT_NE(written.error().detail.find(std::strerror(EBADF)), std::string::npos);
}

TEST_F(FileTest, AClientThatLeftIsNotTheSources) {
  writer.begin("HEAD ", BodyFraming::length, 100);
  ASSERT_TRUE(test::run(loop, writer.flush()));
  ::close(std::exchange(peer, -1));
  const auto before = std::signal(SIGPIPE, SIG_IGN);  // sendfile knows no MSG_NOSIGNAL
  const Result<void> written = test::run(loop, writer.write(region(0, 100)));
  std::signal(SIGPIPE, before);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::client_gone);
}

}  // namespace
}  // namespace tonearm::server
