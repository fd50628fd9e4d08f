#include "file_fixture.h"
#include "source/open_file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tonearm::source {
namespace {

using FileSourceTest = FileFixture;

TEST_F(FileSourceTest, ReadsAFileAndItsParts) {
  write("a b.wav", "0123456789");
  FileSource from = source();
  const auto resource = from.open(request("a b.wav")).value();
  const auto what = run(resource->describe({})).value();
  EXPECT_EQ(what.length, 10U);
  EXPECT_TRUE(what.validators.has_strong_etag());
  EXPECT_TRUE(what.validators.last_modified);
  EXPECT_FALSE(what.growth);
  EXPECT_EQ(read_all(*resource->read(0, 10)).value(), "0123456789");
  EXPECT_EQ(read_all(*resource->read(3, 5)).value(), "34");
}

TEST_F(FileSourceTest, TellsVersionsApart) {
  const auto tag = [&] {
    FileSource from = source();
    const auto resource = from.open(request("a")).value();
    return run(resource->describe({})).value().validators.etag;
  };
  write("a", "one");
  make_old("a");
  const auto first = tag();
  EXPECT_EQ(tag(), first);
  write("a", "two");
  const auto second = tag();
  EXPECT_NE(second, first);
  append("a", "!");
  EXPECT_NE(tag(), second);
}

/// As editors of tags do that keep the date.
TEST_F(FileSourceTest, ATimeThatIsSetBackAfterWritingHidesNoVersion) {
  const auto validators = [&] {
    FileSource from = source();
    const auto resource = from.open(request("a")).value();
    return run(resource->describe({})).value().validators;
  };
  write("a", "one");
  make_old("a");
  const auto time = std::filesystem::last_write_time(root_ / "a");
  const http::Validators first = validators();
  struct stat before {};
  struct stat after {};
  ASSERT_EQ(::stat((root_ / "a").c_str(), &before), 0);
  do {  // the kernel's clock ticks
    write("a", "two");
    std::filesystem::last_write_time(root_ / "a", time);
    ASSERT_EQ(::stat((root_ / "a").c_str(), &after), 0);
  } while (before.st_ctim.tv_sec == after.st_ctim.tv_sec &&
           before.st_ctim.tv_nsec == after.st_ctim.tv_nsec);
  const http::Validators second = validators();
  EXPECT_EQ(second.last_modified, first.last_modified);
  EXPECT_NE(second.etag, first.etag);
}

TEST_F(FileSourceTest, ADateInTheFutureIsNotSent) {
  const auto now = std::chrono::system_clock::now();
  const auto this_second = std::chrono::floor<std::chrono::seconds>(now);
  io::FileStamp stamp;
  for (const auto future :
       {io::FileStamp::Time(now + std::chrono::hours(1)), io::FileStamp::Time::max()}) {
    stamp.modified = future;
    const http::Validators validators = validators_of(stamp, now);
    EXPECT_EQ(validators.last_modified, this_second);
    EXPECT_FALSE(validators.last_modified_is_strong);
  }
  stamp.modified = now - std::chrono::hours(1);
  EXPECT_EQ(validators_of(stamp, now).last_modified, this_second - std::chrono::hours(1));
}

TEST_F(FileSourceTest, NothingLeadsOutOfTheRoot) {
  write("../outside", "secret");
  write("inside", "song");
  std::filesystem::create_directory(root_ / "sub");
  std::filesystem::create_symlink(directory_ / "outside", root_ / "absolute");
  std::filesystem::create_symlink("../outside", root_ / "relative");
  std::filesystem::create_symlink("..", root_ / "up");
  std::filesystem::create_symlink("/proc/self/exe", root_ / "magic");
  std::filesystem::create_symlink("loop", root_ / "loop");
  std::filesystem::create_symlink("../inside", root_ / "sub" / "fine");
  for (const char* value : {"../outside", "sub/../../outside", "/etc/passwd", "///etc/passwd",
                            "absolute", "relative", "up/outside", "magic", "loop"}) {
    EXPECT_EQ(failure(value), ErrorKind::bad_locator) << value;
  }
  EXPECT_EQ(failure("sub/fine"), std::nullopt);
  EXPECT_EQ(failure("sub/../inside"), std::nullopt);
}

TEST_F(FileSourceTest, AnAbsoluteLinkThatStaysInsideIsFollowed) {
  namespace fs = std::filesystem;
  write("inside", "song");
  fs::create_directory(root_ / "sub");
  write("sub/deep", "song");
  fs::create_directory_symlink(root_, directory_ / "alias");
  fs::create_symlink(root_ / "inside", root_ / "link");
  fs::create_directory_symlink(root_ / "sub", root_ / "folder");
  fs::create_symlink(directory_ / "alias" / "sub" / "deep", root_ / "by_alias");
  fs::create_symlink(root_ / "link", root_ / "chain");
  fs::create_symlink(root_ / "gone", root_ / "dangling");
  fs::create_symlink(root_, root_ / "self");
  const std::string back = "../" + root_.filename().string();
  for (const fs::path& root : {root_, directory_ / "alias", root_ / "."}) {
    const auto failure_in = [&](const std::string& value) {
      const auto opened = open_beneath(root.string(), value);
      return opened ? std::nullopt : std::optional(opened.error().kind);
    };
    for (const char* value : {"link", "folder/deep", "by_alias", "chain", "self/inside"}) {
      EXPECT_EQ(failure_in(value), std::nullopt) << root << ' ' << value;
    }
    EXPECT_EQ(failure_in("dangling"), ErrorKind::destination_not_found) << root;
    EXPECT_EQ(failure_in("self"), ErrorKind::bad_locator) << root;
    for (const std::string& value :
         {back + "/inside", std::string("/inside"), "folder/../" + back + "/inside"}) {
      EXPECT_EQ(failure_in(value), ErrorKind::bad_locator) << root << ' ' << value;
    }
  }
  write("../root2", "secret");
  fs::create_symlink(directory_ / "root2", root_ / "sibling");
  EXPECT_EQ(failure("sibling"), ErrorKind::bad_locator) << "a longer name is no folder";
}

TEST_F(FileSourceTest, NamesAreNotDecoded) {
  write("../outside", "secret");
  EXPECT_EQ(failure("%2e%2e/outside"), ErrorKind::destination_not_found);
  write("a%20b", "x");
  EXPECT_EQ(failure("a%20b"), std::nullopt);
}

TEST_F(FileSourceTest, OnlyRegularFilesAreOpened) {
  ASSERT_EQ(::mkfifo((root_ / "fifo").c_str(), 0600), 0);
  std::filesystem::create_directory(root_ / "directory");
  EXPECT_EQ(failure("fifo"), ErrorKind::bad_locator);
  std::thread writer([fifo = (root_ / "fifo").string()] {
    // Until somebody opens it to read.
    const int descriptor = ::open(fifo.c_str(), O_WRONLY);
    EXPECT_EQ(::write(descriptor, "x", 1), 1);
    ::close(descriptor);
  });
  EXPECT_EQ(failure("fifo"), ErrorKind::bad_locator);
  const int reader = ::open((root_ / "fifo").c_str(), O_RDONLY);
  char byte = 0;
  EXPECT_EQ(::read(reader, &byte, 1), 1) << "the writer has waited for this one";
  ::close(reader);
  writer.join();
  EXPECT_EQ(failure("directory"), ErrorKind::bad_locator);
  EXPECT_EQ(failure("."), ErrorKind::bad_locator);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (root_ / "socket").string();
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(failure("socket"), ErrorKind::bad_locator);
  ::close(descriptor);
  if (::mknod((root_ / "null").c_str(), S_IFCHR | 0600, 0x103) == 0) {
    EXPECT_EQ(failure("null"), ErrorKind::bad_locator);
  }
}

TEST_F(FileSourceTest, OddNamesAreNames) {
  EXPECT_EQ(failure("missing"), ErrorKind::destination_not_found);
  EXPECT_EQ(failure("missing/too"), ErrorKind::destination_not_found);
  EXPECT_EQ(failure(std::string("nul\0byte", 8)), ErrorKind::bad_locator);
  EXPECT_EQ(failure(""), ErrorKind::bad_locator);
  EXPECT_EQ(failure(std::string(5000, 'x')), ErrorKind::bad_locator);
  write("new\nline", "x");
  EXPECT_EQ(failure("new\nline"), std::nullopt);
}

TEST_F(FileSourceTest, WithoutARootNothingIsServed) {
  FileSource from(loop_.get_executor(), pool_, watches_, FileOptions{});
  EXPECT_EQ(from.open(request("a")).error().kind, ErrorKind::bad_locator);
}

// Neither for files.root nor for the song itself, whichever descriptor is the one too many.
TEST_F(FileSourceTest, ThatDescriptorsHaveRunOutIsNotTheFaultOfWhereSongsAre) {
  write("a.mp3", "bytes");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const auto open_with = [&](rlim_t descriptors) {
    const rlimit few{descriptors, before.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    const auto opened = open_beneath(root_.string(), "a.mp3");
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    return opened ? std::nullopt : std::optional(opened.error().kind);
  };
  int failures = 0;
  for (rlim_t descriptors = 0; descriptors < before.rlim_cur; ++descriptors) {
    const auto failed = open_with(descriptors);
    if (!failed) break;
    ASSERT_EQ(failed, ErrorKind::overloaded) << descriptors;
    ++failures;
  }
  EXPECT_GE(failures, 2);
  EXPECT_EQ(open_with(before.rlim_cur), std::nullopt);
}

TEST_F(FileSourceTest, AMissingRootIsNoMissingSong) {
  FileSource from(loop_.get_executor(), pool_, watches_,
                  FileOptions{(directory_ / "none").string(), std::chrono::seconds(1)});
  const auto resource = from.open(request("a")).value();
  EXPECT_EQ(run(resource->describe({})).error().kind, ErrorKind::destination_unavailable);
}

TEST_F(FileSourceTest, OverwrittenOrTruncatedWhileItIsReadIsAnError) {
  for (const std::string& now : {std::string(10, 'y'), std::string(600'000, 'y')}) {
    write("a", std::string(600'000, 'x'));
    make_old("a");
    FileSource from = source();
    const auto resource = from.open(request("a")).value();
    ASSERT_TRUE(run(resource->describe({})));
    const auto reader = resource->read(0, 600'000);
    const auto chunk = run(reader->read());
    ASSERT_TRUE(chunk);
    EXPECT_LT(chunk->size(), 600'000U);
    write("a", now);
    EXPECT_EQ(read_all(*reader).error().kind, ErrorKind::representation_changed);
  }
}

TEST_F(FileSourceTest, WhatWasReadIsNotOverwritten) {
  write("a", "0123456789");
  make_old("a");
  FileSource from = source();
  const auto resource = from.open(request("a")).value();
  ASSERT_TRUE(run(resource->describe({})));
  const auto reader = resource->read(0, 10);
  const io::Chunk chunk = run(reader->read()).value();
  write("a", "abcdefghij");
  make_old("a");
  EXPECT_EQ(text(chunk), "0123456789");
  EXPECT_TRUE(run(reader->read()).value().empty());
}

TEST_F(FileSourceTest, WhatLeavesTheBytesAloneDisturbsNobody) {
  namespace fs = std::filesystem;
  write("b", std::string(600'000, 'y'));
  const std::vector<std::function<void()>> disturbances = {
      [&] { fs::rename(root_ / "b", root_ / "a"); },
      [&] { fs::remove(root_ / "a"); },
      [&] { fs::create_hard_link(root_ / "a", root_ / "c"); },
      [&] { fs::permissions(root_ / "a", fs::perms::owner_read); },
  };
  for (const auto& disturb : disturbances) {
    fs::remove(root_ / "a");
    write("a", std::string(600'000, 'x'));
    FileSource from = source();
    const auto resource = from.open(request("a")).value();
    ASSERT_TRUE(run(resource->describe({})));
    const auto reader = resource->read(0, 600'000);
    const auto first = run(reader->read());
    ASSERT_TRUE(first);
    disturb();
    const auto rest = read_all(*reader);
    ASSERT_TRUE(rest) << rest.error().detail;
    EXPECT_EQ(text(*first) + *rest, std::string(600'000, 'x'));
  }
}

TEST_F(FileSourceTest, ProbeSaysWhatItIs) {
  write("a", "12345");
  FileSource from = source();
  const auto report = run(from.probe(request("a"))).value();
  EXPECT_EQ(report.length, 5U);
  EXPECT_TRUE(report.resumable);
  EXPECT_TRUE(report.ranges);
  EXPECT_EQ(run(from.probe(request("b"))).error().kind, ErrorKind::destination_not_found);
}

}  // namespace
}  // namespace tonearm::source
