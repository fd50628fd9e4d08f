#include "source/command_run.h"

#include "support/memory_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

namespace tonearm::source {
namespace {

using namespace std::chrono_literals;
using End = CommandResult::End;
using testing::HasSubstr;

class CommandRunTest : public testing::Test {
 protected:
  CommandResult run(std::vector<std::string> words, std::chrono::milliseconds timeout = 60s) {
    std::optional<CommandResult> result;
    const auto command = std::make_shared<CommandRun>(
        loop_.get_executor(), [&](CommandResult got) { result = std::move(got); });
    command->start(words, timeout);
    loop_.restart();
    loop_.run();
    return std::move(*result);
  }

  CommandResult shell(const std::string& script, std::chrono::milliseconds timeout = 60s) {
    return run({"/bin/sh", "-c", script}, timeout);
  }

  io::asio::io_context loop_{1};
};

/// Whether a process is there and no zombie.
bool is_alive(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(stat, text)) return false;
  return text[text.rfind(')') + 2] != 'Z';
}

void wait_until_dead(pid_t pid) {
  while (is_alive(pid)) std::this_thread::yield();
}

TEST_F(CommandRunTest, YieldsWhatWasPrintedAndHowItEnded) {
  const CommandResult result = shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(result.end, End::exited);
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.complaints, "err\n");
  EXPECT_EQ(shell("kill -9 $$").end, End::signaled);
}

TEST_F(CommandRunTest, NoShellSeesTheArguments) {
  EXPECT_EQ(run({"printf", "%s|", "a b", "$(id)", ";*", ""}).output, "a b|$(id)|;*||");
}

TEST_F(CommandRunTest, AProgramThatIsNotThereIsSaidSo) {
  const CommandResult result = run({"no-such-program-anywhere"});
  EXPECT_EQ(result.end, End::not_started);
  EXPECT_THAT(result.complaints, HasSubstr("no-such-program-anywhere"));
  EXPECT_EQ(run({"/dev/null"}).end, End::not_started);
}

TEST_F(CommandRunTest, NobodyIsToldWithinStart) {
  io::asio::io_context loop(1);
  int told = 0;
  const auto one =
      std::make_shared<CommandRun>(loop.get_executor(), [&](const CommandResult&) { ++told; });
  one->start({"no-such-program-anywhere"}, 1min);
  EXPECT_EQ(told, 0);
  loop.run();
  EXPECT_EQ(told, 1);
}

TEST_F(CommandRunTest, ReadsNothingAndInheritsNothing) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);  // without SOCK_CLOEXEC
  // 3 is the folder that ls itself reads.
  EXPECT_EQ(run({"ls", "-1", "/proc/self/fd"}).output, "0\n1\n2\n3\n");
  EXPECT_EQ(run({"cat"}).output, "");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(CommandRunTest, SignalsAreAsAProgramExpectsThem) {
  // A shell that starts tests in the background has them ignore these.
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT}) std::signal(signal, SIG_DFL);
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  const CommandResult result = shell("grep -E 'Sig(Ign|Blk)' /proc/self/status");
  std::signal(SIGPIPE, before);
  EXPECT_EQ(result.output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_F(CommandRunTest, OutputWithoutEndIsCutOff) {
  EXPECT_EQ(run({"cat", "/dev/zero"}).end, End::too_long);
}

TEST_F(CommandRunTest, OutputThatFindsNoMemoryIsCutOff) {
  if (!test::can_run_out_of_memory) GTEST_SKIP();
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a new process, whose heap has no holes yet
  const auto run_without_memory = [this] {
    const test::MemoryLimit limit(4 << 20);
    std::_Exit(run({"head", "-c", "15000000", "/dev/zero"}).end == End::no_memory ? 0 : 1);
  };
  EXPECT_EXIT(run_without_memory(), testing::ExitedWithCode(0), "");
}

TEST_F(CommandRunTest, OfTheComplaintsTheLastAreKept) {
  const CommandResult result = shell("head -c 3000000 /dev/zero >&2; echo the end >&2");
  EXPECT_EQ(result.end, End::exited);
  EXPECT_LE(result.complaints.size(), CommandRun::most_complaints);
  EXPECT_THAT(result.complaints, HasSubstr("the end"));
}

TEST_F(CommandRunTest, ComplaintsWithoutEndDoNotKeepTheTimeFromRunningOut) {
  EXPECT_EQ(shell("cat /dev/zero >&2", 200ms).end, End::timed_out);
}

TEST_F(CommandRunTest, WhatTakesTooLongIsKilledWithItsChildren) {
  const CommandResult result =
      shell("trap '' TERM INT HUP; sleep 1000 & echo $!; echo $$; wait; sleep 1000", 300ms);
  EXPECT_EQ(result.end, End::timed_out);
  const auto split = result.output.find('\n');
  ASSERT_NE(split, std::string::npos);
  wait_until_dead(std::atoi(result.output.c_str()));
  EXPECT_FALSE(is_alive(std::atoi(result.output.c_str() + split)));
}

TEST_F(CommandRunTest, WhatACommandLeavesBehindDiesWithItAndIsNotWaitedFor) {
  const CommandResult result = shell("sleep 1000 & echo $!");
  EXPECT_EQ(result.end, End::exited);
  wait_until_dead(std::atoi(result.output.c_str()));
}

TEST_F(CommandRunTest, CanBeStopped) {
  std::optional<CommandResult> result;
  const auto command = std::make_shared<CommandRun>(
      loop_.get_executor(), [&](CommandResult got) { result = std::move(got); });
  command->start({"sleep", "1000"}, 60s);
  command->stop();
  loop_.run();
  EXPECT_EQ(result->end, End::stopped);
}

TEST_F(CommandRunTest, LeavesNoDescriptorAndNoZombie) {
  const auto count = [] {
    std::size_t descriptors = 0;
    for (int fd = 0; fd < 1024; ++fd) descriptors += ::fcntl(fd, F_GETFD) >= 0;
    return descriptors;
  };
  shell("true");
  const std::size_t before = count();
  for (int i = 0; i < 5; ++i) shell("echo x; exit 1");
  run({"no-such-program-anywhere"});
  EXPECT_EQ(count(), before);
}

}  // namespace
}  // namespace tonearm::source
